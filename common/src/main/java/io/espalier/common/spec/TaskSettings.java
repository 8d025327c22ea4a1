package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

/**
 * What all trials of a sweep have in common, as workers receive it.
 *
 * @param model absolute path of the base model's directory, or its name
 * @param best absent where a trial leaves its last state
 * @param steps absent in what an earlier version wrote where nothing but an epoch's end counts
 */
public record TaskSettings(
    String model,
    DatasetSpec dataset,
    EvaluationSpec evaluation,
    GuardSpec guard,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<EarlyStoppingSpec> earlyStopping,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<BestSpec> best,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<StepsSpec> steps) {
  public TaskSettings {
    // Earlier versions wrote none of these.
    earlyStopping = earlyStopping == null ? Optional.empty() : earlyStopping;
    best = best == null ? Optional.empty() : best;
    steps = steps == null ? Optional.empty() : steps;
  }

  /** The same with model and data at other places. */
  public TaskSettings at(String otherModel, DatasetSpec otherDataset) {
    return new TaskSettings(
        otherModel, otherDataset, evaluation, guard, earlyStopping, best, steps);
  }
}
