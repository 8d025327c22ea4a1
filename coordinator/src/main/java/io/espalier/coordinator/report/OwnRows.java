package io.espalier.coordinator.report;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The rows each trial would have had alone. A branch that several share has more: it is evaluated
 * where any of them ends. One that forks has less: its trunk has the rest. Pure.
 */
public final class OwnRows {
  private final SweepView view;
  private final Map<BranchId, List<MetricRow>> stored;
  private final Map<BranchId, List<TrialView>> trials;

  private OwnRows(SweepView view, Map<BranchId, List<MetricRow>> stored) {
    this.view = view;
    this.stored = stored;
    this.trials = view.trials().stream().collect(Collectors.groupingBy(TrialView::branch));
  }

  /**
   * @param stored the rows of the sweep by branch, update and sequence, each once
   * @return by trial, in the view's order; none for a trial that has no rows
   */
  public static Map<TrialId, List<MetricRow>> of(SweepView view, Stream<MetricRow> stored) {
    var all = new OwnRows(view, stored.collect(Collectors.groupingBy(MetricRow::branch)));
    var own = new LinkedHashMap<TrialId, List<MetricRow>>();
    for (TrialView trial : view.trials()) {
      own.put(trial.config().id(), all.own(trial));
    }
    return own;
  }

  /** One that was stopped while others went on has what it was evaluated by, and no more. */
  private static long last(TrialView trial) {
    return trial
        .result()
        .filter(result -> result.outcome() instanceof Outcome.Stopped)
        .filter(result -> result.provenance().isEmpty())
        .map(TrialResult::updates)
        .orElse(trial.updates());
  }

  /** What was done for a branch, also before it forked, up to one of its updates. */
  private List<MetricRow> way(BranchId branch, long last) {
    List<MetricRow> own = stored.getOrDefault(branch, List.of());
    Optional<Branch.Fork> fork =
        trials.getOrDefault(branch, List.of()).stream().findFirst().flatMap(TrialView::fork);
    // A fork whose trunk left it no checkpoint did again what they have in common.
    long begun = own.isEmpty() ? Long.MAX_VALUE : own.get(0).update();
    Stream<MetricRow> before =
        fork.stream()
            .flatMap(
                place ->
                    way(place.from(), Math.min(last, Math.min(place.update(), begun - 1)))
                        .stream());
    return Stream.concat(before, own.stream().filter(row -> row.update() <= last)).toList();
  }

  private List<MetricRow> own(TrialView trial) {
    List<MetricRow> rows = way(trial.branch(), last(trial));
    Map<BranchId, Set<Long>> ends = new HashMap<>();
    rows.stream()
        .map(MetricRow::branch)
        .distinct()
        .forEach(branch -> ends.put(branch, ends(branch, trial)));
    return ends.values().stream().allMatch(Set::isEmpty) ? rows : own(trial, rows, ends);
  }

  private Set<Long> ends(BranchId branch, TrialView but) {
    return trials.getOrDefault(branch, List.of()).stream()
        .filter(other -> other != but)
        .map(TrialView::updates)
        .collect(Collectors.toSet());
  }

  /**
   * @param ends of the other trials, by branch
   */
  private List<MetricRow> own(
      TrialView trial, List<MetricRow> rows, Map<BranchId, Set<Long>> ends) {
    long end = end(trial);
    return IntStream.range(0, rows.size())
        .filter(
            i -> {
              MetricRow row = rows.get(i);
              if (row.measurement() instanceof Measurement.Kill kill) {
                return !(kill.rule().equals("early_stopping") && row.update() == trial.updates());
              }
              boolean foreign =
                  row.measurement() instanceof Measurement.Evaluation
                      && row.update() < end
                      && ends.getOrDefault(row.branch(), Set.of()).contains(row.update());
              return !foreign || (evaluates(view, row) && beforeEnds(view, rows, i));
            })
        .mapToObj(rows::get)
        .toList();
  }

  /** Early stopping ends a trial that has not come to its own end. */
  private static long end(TrialView trial) {
    return trial
        .result()
        .map(TrialResult::outcome)
        .filter(Outcome.EarlyStopped.class::isInstance)
        .map(outcome -> ((Outcome.EarlyStopped) outcome).verdict().update())
        .orElse(trial.updates());
  }

  private static boolean evaluates(SweepView view, MetricRow row) {
    return view.settings()
        .flatMap(TaskSettings::steps)
        .orElse(StepsSpec.NONE)
        .evaluates(row.update(), row.epoch() == Math.rint(row.epoch()));
  }

  /**
   * Whether it is measured also where no trial ends. What comes at an end only comes once; the
   * accuracy of classes is measured before it too, and at an end once more.
   */
  private static boolean beforeEnds(SweepView view, List<MetricRow> rows, int index) {
    MetricRow row = rows.get(index);
    Measurement.Evaluation made = (Measurement.Evaluation) row.measurement();
    Optional<EvaluationSpec> spec = view.settings().map(TaskSettings::evaluation);
    boolean asked =
        spec.isEmpty()
            || EvaluationSpec.Metric.ofSet(made.name())
                .filter(spec.get()::atEveryEpoch)
                .isPresent();
    return asked
        || rows.subList(index + 1, rows.size()).stream()
            .takeWhile(later -> later.update() == row.update())
            .anyMatch(later -> named(later, made.name()));
  }

  private static boolean named(MetricRow row, String name) {
    return row.measurement() instanceof Measurement.Evaluation made && made.name().equals(name);
  }
}
