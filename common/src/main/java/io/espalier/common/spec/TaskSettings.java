package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

/**
 * What all trials of a sweep have in common, as workers receive it.
 *
 * @param model absolute path of the base model's directory, or its name
 * @param best absent where a trial leaves its last state
 */
public record TaskSettings(
    String model,
    DatasetSpec dataset,
    EvaluationSpec evaluation,
    GuardSpec guard,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<EarlyStoppingSpec> earlyStopping,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<BestSpec> best) {
  public TaskSettings {
    // Earlier versions wrote neither.
    earlyStopping = earlyStopping == null ? Optional.empty() : earlyStopping;
    best = best == null ? Optional.empty() : best;
  }
}
