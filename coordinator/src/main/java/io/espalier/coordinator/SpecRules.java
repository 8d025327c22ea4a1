package io.espalier.coordinator;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.BranchProgress;
import io.espalier.coordinator.sweep.Policy;
import io.espalier.coordinator.sweep.Publication;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.Sweep;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Search, plan, pruning and ranking as the packages of those names do them. */
record SpecRules() implements Surroundings.Specs {
  /** Ranks a sweep whose spec can no longer be read. */
  private static final ObjectiveSpec UNREADABLE =
      new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of());

  @Override
  public SweepSpec read(Sweep.Origin origin) {
    Path directory = Path.of(origin.baseDirectory());
    return SpecReader.parse(origin.yaml(), directory, directory.resolve("spec.yaml").toString());
  }

  @Override
  public Policy policy(SweepSpec spec) {
    return new SpecPolicy(spec);
  }

  @Override
  public SweepView view(Sweep sweep, Optional<SweepSpec> spec) {
    ObjectiveSpec objective = spec.map(SweepSpec::objective).orElse(UNREADABLE);
    return new SweepView(
        sweep.id(),
        state(sweep),
        sweep.end().flatMap(Sweep.End::problem).or(sweep::stop),
        objective,
        sweep.origin().submitted(),
        sweep.end().map(Sweep.End::time),
        sweep.preparation().dataset(),
        Ranking.rank(objective, trials(sweep)),
        warnings(sweep));
  }

  @Override
  public String json(SweepView view) {
    return SweepViews.toJson(view);
  }

  private static TrialResult published(TrialResult result) {
    return result.adapter().isEmpty()
        ? result
        : result.withAdapter(Publication.adapter(result.trial()));
  }

  private static List<String> warnings(Sweep sweep) {
    return sweep.excluded().stream()
        .map(out -> "worker %s trains none of it: %s".formatted(out.worker(), out.reason()))
        .toList();
  }

  private static SweepView.State state(Sweep sweep) {
    return sweep
        .end()
        .map(Sweep.End::state)
        .orElse(
            sweep.phase() == Sweep.Phase.RUNNING
                ? SweepView.State.RUNNING
                : SweepView.State.PREPARING);
  }

  private static List<TrialView> trials(Sweep sweep) {
    return sweep.branches().stream()
        .flatMap(
            progress ->
                progress.branch().milestones().stream()
                    .map(milestone -> trial(progress, milestone)))
        .sorted(Comparator.comparing(view -> view.config().id()))
        .toList();
  }

  private static TrialView trial(BranchProgress progress, Branch.Milestone milestone) {
    Optional<WorkerId> worker =
        progress
            .current()
            .filter(running -> progress.isOpen(milestone.trial()))
            .map(BranchProgress.Running::worker);
    return new TrialView(
        progress.branch().config(),
        milestone.update(),
        progress.id(),
        worker,
        progress.result(milestone.trial()).map(SpecRules::published),
        OptionalInt.empty(),
        List.of());
  }
}
