package io.espalier.coordinator.replay;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.espalier.common.UserError;
import io.espalier.common.guard.Baseline;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.pruning.Curve;
import io.espalier.coordinator.pruning.Points;
import io.espalier.coordinator.pruning.Promotion;
import io.espalier.coordinator.pruning.Pruner;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A sweep's recorded measurements, told to another pruner in the order in which they arrived, or to
 * other guards. What would have come sooner, because others had ended, comes as it came.
 *
 * @param stops branches that would have ended, in the order of their ends
 * @param updates done
 * @param saved of these would not have been done
 * @param seconds of device time
 * @param savedSeconds of these, about: by the share of a branch's updates
 * @param winner the best trial, when one has a rank
 */
public record Replay(
    List<Stop> stops,
    long updates,
    long saved,
    double seconds,
    double savedSeconds,
    Optional<TrialId> winner) {
  public Replay {
    stops = List.copyOf(stops);
  }

  /**
   * A branch's end.
   *
   * @param trials that would not have come to theirs
   * @param epoch epochs done then
   */
  public record Stop(List<TrialId> trials, double epoch, Verdict verdict) {
    public Stop {
      trials = List.copyOf(trials);
    }
  }

  /** Whether the best trial would have ended before its end. */
  @JsonProperty
  public boolean losesWinner() {
    return winner
        .filter(best -> stops.stream().anyMatch(stop -> stop.trials().contains(best)))
        .isPresent();
  }

  /** How many trials would have ended early. */
  @JsonProperty
  public int trials() {
    return stops.stream().mapToInt(stop -> stop.trials().size()).sum();
  }

  /**
   * @throws UserError when the sweep's data were never read
   */
  public static Replay of(SweepView view, TrialCurves curves, PruningSpec pruning) {
    List<Recorded> recorded = recorded(view, curves);
    List<Branch> branches = recorded.stream().map(Recorded::branch).toList();
    Pruner pruner = Pruner.of(pruning, branches, samples(view));
    List<Arrival> arrivals = arrivals(new Points(pruning), recorded);
    return of(
        view,
        recorded,
        Promotion.of(pruning, branches, samples(view))
            .map(promotion -> new PromotionReplay(promotion, pruner, arrivals).stops())
            .orElseGet(() -> stops(pruner, arrivals)));
  }

  /**
   * The same of guards.
   *
   * @throws UserError when the sweep's data were never read
   */
  public static Replay of(SweepView view, TrialCurves curves, GuardSpec guard) {
    samples(view);
    DatasetSummary data = view.dataset().orElseThrow();
    List<Recorded> branches = recorded(view, curves);
    List<Stop> stops =
        branches.stream()
            .flatMap(
                branch ->
                    GuardReplay.end(
                            guard,
                            Baseline.of(data, branch.longest().config().training()),
                            branch.rows())
                        .stream()
                        .map(end -> stop(branch, end.epoch(), end.verdict())))
            .toList();
    return of(view, branches, stops);
  }

  private static long samples(SweepView view) {
    return view.dataset()
        .map(DatasetSummary::samples)
        .orElseThrow(
            () ->
                new UserError(
                    "%s has no measurements: its data were never read.".formatted(view.id())));
  }

  private static List<Recorded> recorded(SweepView view, TrialCurves curves) {
    Map<BranchId, List<TrialView>> trials =
        view.trials().stream()
            .collect(Collectors.groupingBy(TrialView::branch, TreeMap::new, Collectors.toList()));
    return trials.entrySet().stream()
        .map(entry -> Recorded.of(entry.getKey(), entry.getValue(), curves))
        .toList();
  }

  private static Replay of(SweepView view, List<Recorded> branches, List<Stop> stops) {
    long saved = 0;
    double savedSeconds = 0;
    for (Recorded branch : branches) {
      long without = branch.updatesAfter(end(stops, branch));
      saved += without;
      savedSeconds += branch.seconds() * without / Math.max(1, branch.updatesAfter(0));
    }
    return new Replay(
        stops,
        branches.stream().mapToLong(branch -> branch.updatesAfter(0)).sum(),
        saved,
        branches.stream().mapToDouble(Recorded::seconds).sum(),
        savedSeconds,
        view.trials().stream()
            .filter(trial -> trial.rank().orElse(0) == 1)
            .map(trial -> trial.config().id())
            .findFirst());
  }

  private static long end(List<Stop> stops, Recorded branch) {
    return stops.stream()
        .filter(stop -> stop.trials().contains(branch.longest().config().id()))
        .map(stop -> stop.verdict().update())
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  /** A branch with the rows of its longest trial. */
  record Recorded(Branch branch, TrialView longest, List<TrialView> trials, List<MetricRow> rows) {
    static Recorded of(BranchId id, List<TrialView> trials, TrialCurves curves) {
      List<TrialView> shortestFirst =
          trials.stream().sorted(Comparator.comparingLong(TrialView::updates)).toList();
      TrialView longest = shortestFirst.get(shortestFirst.size() - 1);
      List<Branch.Milestone> ends =
          shortestFirst.stream()
              .map(trial -> new Branch.Milestone(trial.config().id(), trial.updates()))
              .toList();
      return new Recorded(
          new Branch(id, longest.config(), ends),
          longest,
          shortestFirst,
          curves.rows().getOrDefault(longest.config().id(), List.of()));
    }

    /** Those of the branch itself, and not of one that it forked from. */
    long updatesAfter(long update) {
      return rows.stream()
          .filter(row -> row.branch().equals(branch.id()) && row.update() > update)
          .filter(row -> row.measurement() instanceof Measurement.Update)
          .count();
    }

    double seconds() {
      return longest.result().map(TrialResult::seconds).orElse(0.0);
    }
  }

  /** A report as it arrived, whole with the last of its rows. */
  record Arrival(Recorded branch, MetricRow row, Curve.Point point) {
    BranchId id() {
      return branch.branch().id();
    }

    boolean isLast() {
      return row.update() == branch.branch().updates();
    }
  }

  private static List<Stop> stops(Pruner pruner, List<Arrival> arrivals) {
    Map<BranchId, Curve> curves = new HashMap<>();
    List<Stop> stops = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      BranchId id = arrival.id();
      Curve own = curves.getOrDefault(id, Curve.EMPTY);
      if (own.stoppedAt().isPresent()) {
        continue;
      }
      // What its trunk reported was judged there.
      Optional<Verdict> verdict =
          arrival.row().branch().equals(id)
              ? pruner.judge(id, arrival.point(), Map.copyOf(curves))
              : Optional.empty();
      verdict.ifPresent(end -> stops.add(stop(arrival.branch(), arrival.row().epoch(), end)));
      curves.put(id, with(own, arrival, verdict));
    }
    return stops;
  }

  private static List<Arrival> arrivals(Points points, List<Recorded> branches) {
    List<Arrival> arrivals = new ArrayList<>();
    for (Recorded branch : branches) {
      List<Points.Measured> told = new ArrayList<>();
      int known = 0;
      for (MetricRow row : branch.rows()) {
        if (row.measurement() instanceof Measurement.Evaluation value
            && points.need(value.name())) {
          told.add(new Points.Measured(row.update(), row.samples(), value.name(), value.value()));
          List<Curve.Point> whole = points.of(told);
          if (whole.size() > known) {
            known = whole.size();
            arrivals.add(new Arrival(branch, row, whole.get(known - 1)));
          }
        }
      }
    }
    arrivals.sort(
        Comparator.comparing((Arrival arrival) -> arrival.row().time())
            .thenComparing(arrival -> arrival.branch().branch().id()));
    return arrivals;
  }

  static Curve with(Curve own, Arrival arrival, Optional<Verdict> verdict) {
    List<Curve.Point> points = new ArrayList<>(own.points());
    points.add(arrival.point());
    return new Curve(
        points,
        verdict.map(end -> OptionalLong.of(end.update())).orElse(OptionalLong.empty()),
        arrival.isLast() && verdict.isEmpty());
  }

  static Stop stop(Recorded branch, double epoch, Verdict verdict) {
    List<TrialId> ended =
        branch.trials().stream()
            .filter(trial -> trial.updates() > verdict.update())
            .map(trial -> trial.config().id())
            .toList();
    return new Stop(ended, epoch, verdict);
  }
}
