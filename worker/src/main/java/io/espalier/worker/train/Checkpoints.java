package io.espalier.worker.train;

import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.TrialId;
import io.espalier.worker.checkpoint.Standing;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * The weights that a branch leaves every so many updates, for people, beside what its trials leave
 * at their ends: under the trial that goes furthest.
 */
final class Checkpoints {
  private final StepsSpec steps;
  private final TrialId trial;
  private final Export export;
  private final BaseModel model;
  private final CheckpointLimit limit;
  private final List<CheckpointLimit.Saved> saved = new ArrayList<>();

  Checkpoints(Lease lease, BaseModel model, Export export) {
    this.model = model;
    this.export = export;
    steps = lease.settings().steps().orElse(StepsSpec.NONE);
    trial = lease.branch().config().id();
    limit = new CheckpointLimit(steps.kept(), steps.ranking().map(BestSpec::mode));
  }

  /**
   * Leaves a checkpoint where one is due, and takes away those that are too many then.
   *
   * @param metrics of the evaluation at this update; empty when there was none
   * @param weights the slot's flat vector [P]
   */
  void after(
      long update, Map<String, Double> metrics, Trainable trainable, Supplier<float[]> weights)
      throws IOException {
    if (!steps.saves(update)) {
      return;
    }
    export.checkpoint(trial, update, model, trainable, weights.get());
    saved.add(new CheckpointLimit.Saved(update, value(metrics)));
    for (CheckpointLimit.Saved surplus : limit.surplus(saved)) {
      export.removeCheckpoint(trial, surplus.update());
      saved.remove(surplus);
    }
  }

  List<Standing.Saved> standing() {
    return saved.stream()
        .map(
            one ->
                new Standing.Saved(
                    one.update(), one.value(), export.checkpointPlace(trial, one.update())))
        .toList();
  }

  /** Takes over what an earlier attempt left; what is gone by now is not missed. */
  void restore(List<Standing.Saved> earlier) throws IOException {
    for (Standing.Saved one : earlier) {
      if (export.adopt(one.place(), trial, one.update())) {
        saved.add(new CheckpointLimit.Saved(one.update(), one.value()));
      }
    }
  }

  private OptionalDouble value(Map<String, Double> metrics) {
    return steps
        .ranking()
        .map(best -> metrics.get(best.metric()))
        .map(OptionalDouble::of)
        .orElse(OptionalDouble.empty());
  }
}
