package io.espalier.coordinator;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.plan.StageTree;
import io.espalier.coordinator.pruning.Curve;
import io.espalier.coordinator.pruning.Points;
import io.espalier.coordinator.pruning.Pruner;
import io.espalier.coordinator.search.Search;
import io.espalier.coordinator.sweep.BranchProgress;
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

/** The branches of the search's trials; the spec's pruner judges them. */
record SpecPolicy(SweepSpec spec) implements Policy {
  @Override
  public List<Branch> branches(DatasetSummary dataset) {
    return StageTree.of(spec, Search.trials(spec), dataset.samples()).branches();
  }

  @Override
  public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
    return spec.pruning()
        .map(asked -> asked.against(sweep.preparation().dataset().orElseThrow().base()))
        .flatMap(asked -> judge(new Points(asked), sweep, branch, fresh));
  }

  @Override
  public boolean skipsDominated() {
    return spec.search().skipDominated();
  }

  private Optional<Verdict> judge(
      Points points, Sweep sweep, BranchProgress branch, List<Report> fresh) {
    if (fresh.stream().noneMatch(report -> points.need(report.name()))) {
      return Optional.empty();
    }
    List<Branch> branches = sweep.branches().stream().map(BranchProgress::branch).toList();
    long samples = sweep.preparation().dataset().orElseThrow().samples();
    Pruner pruner = Pruner.of(points.spec(), branches, samples);
    Map<BranchId, Curve> before = new HashMap<>();
    sweep.branches().stream()
        .forEach(
            progress ->
                before.put(
                    progress.id(), curve(progress, points.of(measured(sweep.reports(progress))))));
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
