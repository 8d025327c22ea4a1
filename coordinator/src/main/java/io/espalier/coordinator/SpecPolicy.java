package io.espalier.coordinator;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.plan.StageTree;
import io.espalier.coordinator.pruning.Curve;
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
    if (spec.pruning().isEmpty() || fresh.stream().noneMatch(this::counts)) {
      return Optional.empty();
    }
    List<Branch> branches = sweep.branches().stream().map(BranchProgress::branch).toList();
    long samples = sweep.preparation().dataset().orElseThrow().samples();
    Pruner pruner = Pruner.of(spec, branches, samples).orElseThrow();
    Map<BranchId, Curve> before = new HashMap<>();
    sweep.branches().stream()
        .forEach(progress -> before.put(progress.id(), curve(progress, sweep.reports(progress))));
    List<Report> earlier = new ArrayList<>(branch.reports());
    earlier.removeAll(fresh);
    earlier.addAll(sweep.inherited(branch));
    for (Report report : fresh) {
      if (counts(report)) {
        before.put(branch.id(), curve(branch, earlier));
        Optional<Verdict> verdict = pruner.judge(branch.id(), point(report), before);
        if (verdict.isPresent()) {
          return verdict;
        }
      }
      earlier.add(report);
    }
    return Optional.empty();
  }

  private boolean counts(Report report) {
    return spec.pruning().filter(asked -> report.name().equals(asked.metric())).isPresent();
  }

  private Curve curve(BranchProgress progress, Collection<Report> reports) {
    return new Curve(
        reports.stream().filter(this::counts).map(SpecPolicy::point).toList(),
        progress
            .verdict()
            .map(verdict -> OptionalLong.of(verdict.update()))
            .orElse(OptionalLong.empty()),
        progress.hasEnded()
            && progress.results().stream()
                .allMatch(result -> result.outcome() instanceof Outcome.Completed));
  }

  private static Curve.Point point(Report report) {
    return new Curve.Point(report.update(), report.samples(), report.value());
  }
}
