package io.espalier.coordinator.plan;

import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import java.util.OptionalInt;

/**
 * One trial's training as a sequence of updates. Two of equal settings do the same in an update
 * when its learning rate is the same: rows and dropout are functions of settings and update.
 *
 * @param settings all that counts at every update beside the learning rate; lengths and schedule
 *     are written one way for all
 */
record Course(TrialConfig config, Training settings, Schedule schedule) {

  /**
   * @param samples training rows
   */
  static Course of(TrialConfig config, long samples) {
    Training training = config.training();
    return new Course(
        config,
        rewritten(training, 1, OptionalInt.empty(), new Scheduler.Constant()),
        training.schedule(samples));
  }

  long updates() {
    return schedule.totalUpdates();
  }

  /** How many updates from the first on both do alike, bit for bit in the learning rate. */
  long alike(Course other) {
    if (!settings.equals(other.settings)) {
      return 0;
    }
    long shorter = Math.min(updates(), other.updates());
    if (schedule.equals(other.schedule) || (isConstant() && other.isConstant())) {
      return shorter;
    }
    for (long update = 1; update <= shorter; update++) {
      long bits = Double.doubleToLongBits(schedule.learningRate(update));
      if (bits != Double.doubleToLongBits(other.schedule.learningRate(update))) {
        return update - 1;
      }
    }
    return shorter;
  }

  private boolean isConstant() {
    return schedule.scheduler() instanceof Scheduler.Constant;
  }

  /** A training with another length and schedule. */
  static Training rewritten(Training t, double epochs, OptionalInt maxSteps, Scheduler scheduler) {
    return new Training(
        t.trainType(),
        t.learningRate(),
        epochs,
        maxSteps,
        t.perDeviceTrainBatchSize(),
        t.gradientAccumulationSteps(),
        t.lossNormalisation(),
        scheduler,
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
        t.gradientCheckpointing());
  }
}
