package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;

/**
 * What all trials of a sweep have in common, as workers receive it.
 *
 * @param model absolute path of the base model's directory, or its name
 * @param best absent where a trial leaves its last state
 * @param steps absent in what an earlier version wrote where nothing but an epoch's end counts
 * @param passes absent where the worker decides what goes through a pass together
 * @param objective the metric that trials are ranked by; absent where they are not
 * @param keepsEnds whether each trial leaves an exact checkpoint of its end
 */
public record TaskSettings(
    String model,
    DatasetSpec dataset,
    EvaluationSpec evaluation,
    GuardSpec guard,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<EarlyStoppingSpec> earlyStopping,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<BestSpec> best,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<StepsSpec> steps,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<PassSpec> passes,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<String> objective,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean keepsEnds) {
  @JsonCreator
  public TaskSettings {
    // Earlier versions wrote none of these.
    passes = passes == null ? Optional.empty() : passes;
    objective = objective == null ? Optional.empty() : objective;
    earlyStopping = earlyStopping == null ? Optional.empty() : earlyStopping;
    best = best == null ? Optional.empty() : best;
    steps = steps == null ? Optional.empty() : steps;
  }

  /** Where the worker decides what goes through a pass together, and nothing is ranked. */
  public TaskSettings(
      String model,
      DatasetSpec dataset,
      EvaluationSpec evaluation,
      GuardSpec guard,
      Optional<EarlyStoppingSpec> earlyStopping,
      Optional<BestSpec> best,
      Optional<StepsSpec> steps) {
    this(
        model,
        dataset,
        evaluation,
        guard,
        earlyStopping,
        best,
        steps,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /** The same with model and data at other places. */
  public TaskSettings at(String otherModel, DatasetSpec otherDataset) {
    return new TaskSettings(
        otherModel,
        otherDataset,
        evaluation,
        guard,
        earlyStopping,
        best,
        steps,
        passes,
        objective,
        keepsEnds);
  }
}
