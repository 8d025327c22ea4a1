package io.espalier.common.spec;

import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Training;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sweep as its user wrote it, every default filled in.
 *
 * @param name of the sweep: letters, digits, '.', '_' and '-'
 * @param model a HuggingFace directory, absolute; or a model's name, looked up where it trains
 * @param hyperparameters the values that hold for every trial unless {@code search.space} has the
 *     key
 * @param best absent where the last evaluation of a trial counts
 * @param share whether what trials have in common is trained once
 * @param keptCheckpoints of how many trials that have finished the exact state at their end stays
 * @param passes what may be trained together
 */
public record SweepSpec(
    String name,
    Path model,
    DatasetSpec dataset,
    Hyperparameters hyperparameters,
    SearchSpec search,
    ObjectiveSpec objective,
    EvaluationSpec evaluation,
    Optional<PruningSpec> pruning,
    GuardSpec guard,
    Optional<EarlyStoppingSpec> earlyStopping,
    Optional<BestSpec> best,
    StepsSpec steps,
    boolean share,
    int keptCheckpoints,
    BudgetSpec budget,
    PassSpec passes) {

  /** What a trial trains with, but for its own point of the search. */
  public Training training() {
    return hyperparameters.training();
  }

  /** The same, its adapter naming every module that a trial's does: what the model must have. */
  public Training trainingOfAllNames() {
    Lora lora = training().lora();
    for (String key : List.of("target_modules", "rank_pattern", "alpha_pattern")) {
      if (search.space().get(key) instanceof SearchSpec.Candidates.Values listed) {
        for (String text : listed.values()) {
          lora = lora.naming(hyperparameters.with(Map.of(key, text)).training().lora());
        }
      }
    }
    return training().with(lora);
  }

  /** What a worker must know beside a trial's own configuration. */
  public TaskSettings taskSettings() {
    return new TaskSettings(
        model.toString(),
        dataset,
        evaluation,
        guard,
        earlyStopping,
        best,
        Optional.of(steps),
        Optional.of(passes).filter(asked -> !asked.equals(PassSpec.FREE)),
        Optional.of(objective.metric()),
        keptCheckpoints > 0);
  }
}
