package io.espalier.coordinator.pruning;

import io.espalier.common.trial.Training;
import java.util.Locale;

/**
 * What branches must agree on to be compared before their ends: at equal samples they are then
 * equally far along the same shape of learning rate.
 *
 * @param warmup share of the training spent warming up
 * @param horizon length of the training in epochs, fractional
 */
public record Cohort(Training.SchedulerType shape, double warmup, double horizon) {

  /**
   * @param samples training rows
   */
  public static Cohort of(Training training, long samples) {
    double total = training.totalUpdates(samples);
    double horizon =
        training.maxSteps().isPresent()
            ? total * training.effectiveBatch() / samples
            : training.numTrainEpochs();
    var scheduler = training.scheduler();
    double warmup =
        scheduler.type() == Training.SchedulerType.CONSTANT
            ? 0
            : scheduler.warmupSteps().isPresent()
                ? scheduler.warmupSteps().getAsInt() / total
                : scheduler.warmupRatio();
    return new Cohort(scheduler.type(), warmup, horizon);
  }

  @Override
  public String toString() {
    String epochs =
        horizon == Math.rint(horizon)
            ? Long.toString((long) horizon)
            : String.format(Locale.ROOT, "%.2f", horizon);
    String word = shape.name().toLowerCase(Locale.ROOT);
    return "%s over %s %s%s"
        .formatted(
            word,
            epochs,
            epochs.equals("1") ? "epoch" : "epochs",
            warmup == 0 ? "" : String.format(Locale.ROOT, ", %.1f %% warmup", 100 * warmup));
  }
}
