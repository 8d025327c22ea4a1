package io.espalier.coordinator;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchedValues;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.plan.StageTree;
import io.espalier.coordinator.pruning.Curve;
import io.espalier.coordinator.pruning.Points;
import io.espalier.coordinator.pruning.Promotion;
import io.espalier.coordinator.pruning.Pruner;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.search.Search;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Continuing;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Policy;
import io.espalier.coordinator.sweep.Report;
import io.espalier.coordinator.sweep.Sweep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The branches of the search's trials; the spec's pruner judges them. */
record SpecPolicy(SweepSpec spec) implements Policy {
  /** Of a search that learns: so many parts are trained one after another, of so many at least. */
  private static final int PARTS = 5;

  private static final int LEAST_AT_ONCE = 4;

  @Override
  public List<Branch> branches(DatasetSummary dataset) {
    return StageTree.of(spec, Search.trials(spec), dataset.samples()).branches();
  }

  @Override
  public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
    return points(sweep).flatMap(points -> judge(points, sweep, branch, fresh));
  }

  @Override
  public boolean isGrowing(Sweep sweep) {
    SearchSpec search = spec.search();
    return search.method() == SearchSpec.Method.TPE
        && sweep.branches().size() > 0
        && trials(sweep) < search.trials();
  }

  private static long trials(Sweep sweep) {
    return sweep.branches().stream()
        .mapToLong(progress -> progress.branch().milestones().size())
        .sum();
  }

  /** Of what is proposed at a time each knows less than it could: only some are trained at once. */
  @Override
  public List<Branch> further(Sweep sweep, int most) {
    ObjectiveSpec objective = objective(sweep);
    List<TrialView> all = Ranking.rank(objective, SpecRules.trials(sweep));
    List<TrialConfig> open = configs(all.stream().filter(trial -> trial.result().isEmpty()));
    List<TrialConfig> bestFirst =
        configs(Ranking.order(objective, all).stream().filter(trial -> trial.result().isPresent()));
    int atOnce = Math.max(LEAST_AT_ONCE, spec.search().trials() / PARTS);
    int count = Math.min(most, Math.min(atOnce - open.size(), spec.search().trials() - all.size()));
    if (bestFirst.isEmpty() || count < 1) {
      return List.of();
    }
    List<TrialConfig> proposed = Search.proposed(spec, bestFirst, open, count);
    return IntStream.range(0, proposed.size())
        .mapToObj(
            at -> {
              TrialConfig trial = proposed.get(at);
              var end =
                  new Branch.Milestone(trial.id(), trial.training().totalUpdates(samples(sweep)));
              return new Branch(new BranchId(sweep.branches().size() + at), trial, List.of(end));
            })
        .toList();
  }

  @Override
  public List<Branch> extension(Sweep sweep, MoreTrials more) {
    SearchedValues.check(more.values());
    List<TrialView> trials = SpecRules.trials(sweep);
    List<TrialConfig> tried = configs(trials.stream());
    List<TrialConfig> models =
        more.trial().map(trial -> List.of(tried.get(trial.number()))).orElse(tried);
    if (more.fromCheckpoint()) {
      Continuing.check(more.values());
      // What they train from there is their own, whatever was tried from the start.
      return new Continuing(sweep, more.trial().orElseThrow())
          .on(planned(sweep, beyond(sweep, tried.size(), List.of(), models, more.values())));
    }
    List<TrialConfig> known = configs(trials.stream().filter(trial -> trial.continues().isEmpty()));
    return planned(sweep, beyond(sweep, tried.size(), known, models, more.values()));
  }

  private List<TrialConfig> beyond(
      Sweep sweep,
      int first,
      List<TrialConfig> known,
      List<TrialConfig> models,
      Map<String, List<String>> values) {
    return Search.beyond(spec, budget(sweep), first, known, models, values);
  }

  private List<Branch> planned(Sweep sweep, List<TrialConfig> more) {
    return StageTree.of(spec, more, samples(sweep))
        .numberedFrom(sweep.branches().size())
        .branches();
  }

  @Override
  public BudgetSpec budget(Sweep sweep) {
    return sweep.budget().orElse(spec.budget());
  }

  @Override
  public List<TrialId> surplusEnds(Sweep sweep) {
    List<TrialView> left = SpecRules.trials(sweep, TrialResult::checkpoint).toList();
    if (left.size() <= spec.keptCheckpoints()) {
      return List.of();
    }
    ObjectiveSpec objective = objective(sweep);
    return Ranking.order(objective, Ranking.rank(objective, left)).stream()
        .skip(spec.keptCheckpoints())
        .map(trial -> trial.config().id())
        .toList();
  }

  private ObjectiveSpec objective(Sweep sweep) {
    return spec.objective().against(sweep.preparation().dataset().orElseThrow().base());
  }

  private static List<TrialConfig> configs(Stream<TrialView> trials) {
    return trials.map(TrialView::config).toList();
  }

  @Override
  public boolean skipsDominated() {
    return spec.search().skipDominated();
  }

  @Override
  public Optional<Long> rest(Sweep sweep, BranchId branch, long after) {
    return promotion(sweep).flatMap(promotion -> promotion.rest(branch, after));
  }

  @Override
  public List<BranchId> promoted(Sweep sweep) {
    Map<BranchId, Long> resting = sweep.resting();
    if (resting.isEmpty()) {
      return List.of();
    }
    Promotion promotion = promotion(sweep).orElseThrow();
    Map<BranchId, Curve> curves = curves(sweep, points(sweep).orElseThrow());
    List<BranchId> promoted = promotion.promoted(curves, resting);
    return promoted.isEmpty() && sweep.onlyRests() ? promotion.last(curves, resting) : promoted;
  }

  @Override
  public Map<BranchId, Verdict> leftBehind(Sweep sweep) {
    Promotion promotion = promotion(sweep).orElseThrow();
    Map<BranchId, Curve> curves = curves(sweep, points(sweep).orElseThrow());
    Map<BranchId, Verdict> verdicts = new TreeMap<>();
    sweep
        .resting()
        .forEach(
            (branch, update) -> verdicts.put(branch, promotion.leftBehind(branch, update, curves)));
    return verdicts;
  }

  private Optional<Promotion> promotion(Sweep sweep) {
    return points(sweep)
        .flatMap(points -> Promotion.of(points.spec(), planned(sweep), samples(sweep)));
  }

  private Optional<Points> points(Sweep sweep) {
    return spec.pruning()
        .map(asked -> asked.against(sweep.preparation().dataset().orElseThrow().base()))
        .map(Points::new);
  }

  private static List<Branch> planned(Sweep sweep) {
    return sweep.branches().stream().map(BranchProgress::branch).toList();
  }

  private static long samples(Sweep sweep) {
    return sweep.preparation().dataset().orElseThrow().samples();
  }

  private static Map<BranchId, Curve> curves(Sweep sweep, Points points) {
    Map<BranchId, Curve> curves = new HashMap<>();
    sweep.branches().stream()
        .forEach(
            progress ->
                curves.put(
                    progress.id(), curve(progress, points.of(measured(sweep.reports(progress))))));
    return curves;
  }

  private Optional<Verdict> judge(
      Points points, Sweep sweep, BranchProgress branch, List<Report> fresh) {
    if (fresh.stream().noneMatch(report -> points.need(report.name()))) {
      return Optional.empty();
    }
    Pruner pruner = Pruner.of(points.spec(), planned(sweep), samples(sweep));
    Map<BranchId, Curve> before = curves(sweep, points);
    List<Report> told = new ArrayList<>(branch.reports());
    told.removeAll(fresh);
    told.addAll(sweep.inherited(branch));
    List<Curve.Point> known = points.of(measured(told));
    for (Report report : fresh) {
      told.add(report);
      List<Curve.Point> now = points.of(measured(told));
      if (now.size() > known.size()) {
        before.put(branch.id(), curve(branch, known));
        Optional<Verdict> verdict = pruner.judge(branch.id(), at(report.update(), now), before);
        if (verdict.isPresent()) {
          return verdict;
        }
      }
      known = now;
    }
    return Optional.empty();
  }

  private static Curve.Point at(long update, List<Curve.Point> points) {
    return points.stream().filter(point -> point.update() == update).findFirst().orElseThrow();
  }

  private static List<Points.Measured> measured(Collection<Report> reports) {
    return reports.stream()
        .map(
            report ->
                new Points.Measured(
                    report.update(), report.samples(), report.name(), report.value()))
        .toList();
  }

  private static Curve curve(BranchProgress progress, List<Curve.Point> points) {
    return new Curve(
        points,
        progress
            .verdict()
            .map(verdict -> OptionalLong.of(verdict.update()))
            .orElse(OptionalLong.empty()),
        progress.hasEnded()
            && progress.results().stream()
                .allMatch(result -> result.outcome() instanceof Outcome.Completed));
  }
}
