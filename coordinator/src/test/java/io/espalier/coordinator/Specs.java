package io.espalier.coordinator;

import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.RowSource;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Training;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Specifications for tests, without files. */
public final class Specs {
  public static final Hyperparameters HYPERPARAMETERS =
      Hyperparameters.of(Map.of("warmup_ratio", "0.05"));
  public static final Training TRAINING = HYPERPARAMETERS.training();

  private Specs() {}

  public static SweepSpec searching(SearchSpec search) {
    return new SweepSpec(
        "test",
        Path.of("model"),
        new DatasetSpec(
            List.of(RowSource.parse("train.jsonl")),
            List.of(),
            OptionalDouble.of(0.1),
            List.of(),
            Optional.empty(),
            Map.of(),
            true,
            Optional.empty(),
            42,
            false),
        HYPERPARAMETERS,
        search,
        new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
        new EvaluationSpec(true, Set.of(EvaluationSpec.Metric.LOSS), false, 64),
        Optional.empty(),
        new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()),
        Optional.empty(),
        Optional.empty(),
        StepsSpec.NONE,
        true,
        2,
        new BudgetSpec(1000, Optional.empty()),
        PassSpec.FREE);
  }

  public static SweepSpec grid(String key, List<String> values) {
    return searching(
        new SearchSpec(
            SearchSpec.Method.GRID, 1, 7, Map.of(key, new Candidates.Values(values)), false));
  }

  public static SweepSpec grid(
      String slow, List<String> slowValues, String fast, List<String> fastValues) {
    var space = new LinkedHashMap<String, Candidates>();
    space.put(slow, new Candidates.Values(slowValues));
    space.put(fast, new Candidates.Values(fastValues));
    return searching(new SearchSpec(SearchSpec.Method.GRID, 1, 7, space, false));
  }

  /** The same, other values holding for every trial. */
  public static SweepSpec with(SweepSpec spec, Map<String, String> training) {
    return with(
        spec, spec.hyperparameters().with(training), spec.pruning(), spec.steps(), spec.share());
  }

  public static SweepSpec notSharing(SweepSpec spec) {
    return with(spec, spec.hyperparameters(), spec.pruning(), spec.steps(), false);
  }

  public static SweepSpec stepping(SweepSpec spec, StepsSpec steps) {
    return with(spec, spec.hyperparameters(), spec.pruning(), steps, spec.share());
  }

  public static SweepSpec pruned(SweepSpec spec, PruningSpec pruning) {
    return with(spec, spec.hyperparameters(), Optional.of(pruning), spec.steps(), spec.share());
  }

  /** The same rule where trials of all lengths and schedules are compared. */
  public static PruningSpec amongAll(PruningSpec asked) {
    return new PruningSpec(
        asked.metric(),
        asked.mode(),
        asked.rule(),
        asked.unit(),
        PruningSpec.Compare.ALL,
        asked.constraints());
  }

  private static SweepSpec with(
      SweepSpec spec,
      Hyperparameters hyperparameters,
      Optional<PruningSpec> pruning,
      StepsSpec steps,
      boolean share) {
    return new SweepSpec(
        spec.name(),
        spec.model(),
        spec.dataset(),
        hyperparameters,
        spec.search(),
        spec.objective(),
        spec.evaluation(),
        pruning,
        spec.guard(),
        spec.earlyStopping(),
        spec.best(),
        steps,
        share,
        spec.keptCheckpoints(),
        spec.budget(),
        spec.passes());
  }
}
