package io.espalier.coordinator.plan;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.LossNormalisation;
import io.espalier.common.trial.Warmup;
import java.util.OptionalInt;

/**
 * A training without what makes no difference to its updates: how an effective batch is cut into
 * micro-batches when the loss is a mean over tokens, whether lengths are given in epochs, steps or
 * shares, and what is computed twice to save memory. Two trainings are the same when these are
 * equal.
 *
 * @param training reduced to one way of writing it
 */
record SameTraining(Training training) {

  /**
   * @param samples training rows: a batch larger than the data is the data
   */
  static SameTraining of(Training t, long samples) {
    boolean byToken = t.lossNormalisation() == LossNormalisation.TOKEN;
    int updates = Math.toIntExact(Math.min(t.totalUpdates(samples), Integer.MAX_VALUE));
    int rise = Math.toIntExact(Math.min(t.schedule(samples).warmupUpdates(), updates));
    var warmup = new Warmup(0, OptionalInt.of(rise), t.scheduler().warmup().startFactor());
    return new SameTraining(
        new Training(
            t.trainType(),
            t.learningRate(),
            1,
            OptionalInt.of(updates),
            byToken
                ? Math.toIntExact(Math.min(t.effectiveBatch(), samples))
                : t.perDeviceTrainBatchSize(),
            byToken ? 1 : t.gradientAccumulationSteps(),
            t.lossNormalisation(),
            t.scheduler().with(warmup),
            t.optimizer(),
            t.maxGradNorm(),
            t.labelSmoothing(),
            t.lora(),
            t.layerwiseLrDecay(),
            t.maxLength(),
            t.truncationStrategy(),
            t.seed(),
            t.initAdapter(),
            t.torchDtype(),
            false));
  }
}
