package io.espalier.coordinator;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SpecSources;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Search, plan, pruning and ranking as the packages of those names do them.
 *
 * @param uploads where files that came with a spec are
 */
record SpecRules(UploadedFiles uploads) implements Surroundings.Specs {
  /** Ranks a sweep whose spec can no longer be read. */
  private static final ObjectiveSpec UNREADABLE =
      new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of());

  @Override
  public SweepSpec read(Sweep.Origin origin) {
    Path directory = Path.of(origin.baseDirectory());
    Map<String, Path> files = new HashMap<>();
    origin.files().forEach((name, sha256) -> files.put(name, uploads.path(sha256)));
    // It was accepted once; what has gone since is for the workers to say.
    return SpecReader.parse(
        origin.yaml(),
        SpecSources.elsewhere(directory, files),
        directory.resolve("spec.yaml").toString());
  }

  @Override
  public Policy policy(SweepSpec spec) {
    return new SpecPolicy(spec);
  }

  @Override
  public SweepView view(Sweep sweep, Optional<SweepSpec> spec) {
    ObjectiveSpec objective =
        spec.map(SweepSpec::objective)
            .orElse(UNREADABLE)
            .against(sweep.preparation().dataset().map(DatasetSummary::base).orElse(Map.of()));
    return new SweepView(
        sweep.id(),
        state(sweep),
        sweep.end().flatMap(Sweep.End::problem).map(text -> named(sweep, text)).or(sweep::stop),
        objective,
        spec.map(SweepSpec::taskSettings),
        sweep.origin().submitted(),
        sweep.end().map(Sweep.End::time),
        sweep.preparation().dataset(),
        Ranking.rank(objective, trials(sweep)),
        warnings(sweep),
        sweep.extended());
  }

  @Override
  public String json(SweepView view) {
    return SweepViews.toJson(view);
  }

  private static TrialResult published(Sweep sweep, TrialResult result) {
    Map<String, Double> ratings = new HashMap<>();
    for (Sweep.Rated rated : sweep.ratings()) {
      if (rated.trial().equals(result.trial())) {
        ratings.put(rated.rating().metric(), rated.rating().value());
      }
    }
    TrialResult judged = ratings.isEmpty() ? result : result.withMetrics(ratings);
    return judged.adapter().isEmpty()
        ? judged
        : judged.withAdapter(Publication.adapter(result.trial()));
  }

  /** Users know an uploaded file by its name, workers by its place in the store. */
  private String named(Sweep sweep, String problem) {
    String text = problem;
    for (Map.Entry<String, String> file : sweep.origin().files().entrySet()) {
      text = text.replace(uploads.path(file.getValue()).toString(), file.getKey());
    }
    return text;
  }

  private List<String> warnings(Sweep sweep) {
    Stream<String> leftOut =
        sweep.preparation().dataset().map(DatasetSummary::leftOut).orElse(List.of()).stream()
            .map(reason -> named(sweep, reason));
    Stream<String> excluded =
        sweep.excluded().stream()
            .map(out -> "worker %s trains none of it: %s".formatted(out.worker(), out.reason()));
    return Stream.concat(leftOut, excluded).toList();
  }

  private static SweepView.State state(Sweep sweep) {
    if (sweep.end().isPresent()) {
      return sweep.end().get().state();
    }
    if (sweep.paused().isPresent() && sweep.stop().isEmpty()) {
      return SweepView.State.PAUSED;
    }
    return sweep.phase() == Sweep.Phase.RUNNING
        ? SweepView.State.RUNNING
        : SweepView.State.PREPARING;
  }

  /** By number, without ranks. */
  static List<TrialView> trials(Sweep sweep) {
    return sweep.branches().stream()
        .flatMap(
            progress ->
                progress.branch().milestones().stream()
                    .map(milestone -> trial(sweep, progress, milestone)))
        .sorted(Comparator.comparing(view -> view.config().id()))
        .toList();
  }

  /** Those that have ended and left something. */
  static <T> Stream<TrialView> trials(Sweep sweep, Function<TrialResult, Optional<T>> something) {
    return sweep.branches().stream()
        .flatMap(
            progress ->
                progress.branch().milestones().stream()
                    .filter(end -> progress.result(end.trial()).flatMap(something).isPresent())
                    .map(end -> trial(sweep, progress, end)));
  }

  private static TrialView trial(Sweep sweep, BranchProgress progress, Branch.Milestone milestone) {
    Optional<WorkerId> worker =
        progress
            .current()
            .filter(running -> progress.isOpen(milestone.trial()))
            .map(BranchProgress.Running::worker);
    return new TrialView(
        progress.branch().config(milestone),
        milestone.update(),
        progress.id(),
        worker,
        progress.result(milestone.trial()).map(result -> published(sweep, result)),
        OptionalInt.empty(),
        List.of(),
        progress.branch().fork(),
        progress
            .rest()
            .filter(rest -> progress.isOpen(milestone.trial()))
            .map(BranchProgress.Rest::update));
  }
}
