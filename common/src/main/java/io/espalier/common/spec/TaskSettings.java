package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

/**
 * What all trials of a sweep have in common, as workers receive it.
 *
 * @param model absolute path of the base model's directory, or its name
 * @param best absent where a trial leaves its last state
 * @param steps absent in what an earlier version wrote where nothing but an epoch's end counts
 * @param passes absent where the worker decides what goes through a pass together
 */
public record TaskSettings(
    String model,
    DatasetSpec dataset,
    EvaluationSpec evaluation,
    GuardSpec guard,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<EarlyStoppingSpec> earlyStopping,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<BestSpec> best,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<StepsSpec> steps,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<PassSpec> passes) {
  public TaskSettings {
    // Earlier versions wrote none of these.
    passes = passes == null ? Optional.empty() : passes;
    earlyStopping = earlyStopping == null ? Optional.empty() : earlyStopping;
    best = best == null ? Optional.empty() : best;
    steps = steps == null ? Optional.empty() : steps;
  }

  /** Where the worker decides what goes through a pass together. */
  public TaskSettings(
      String model,
      DatasetSpec dataset,
      EvaluationSpec evaluation,
      GuardSpec guard,
      Optional<EarlyStoppingSpec> earlyStopping,
      Optional<BestSpec> best,
      Optional<StepsSpec> steps) {
    this(model, dataset, evaluation, guard, earlyStopping, best, steps, Optional.empty());
  }

  /** The same with model and data at other places. */
  public TaskSettings at(String otherModel, DatasetSpec otherDataset) {
    return new TaskSettings(
        otherModel, otherDataset, evaluation, guard, earlyStopping, best, steps, passes);
  }
}
