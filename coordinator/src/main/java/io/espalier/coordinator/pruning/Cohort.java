package io.espalier.coordinator.pruning;

import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Warmup;
import java.util.Locale;

/**
 * What branches must agree on to be compared before their ends: at equal samples they are then
 * equally far along the same shape of learning rate.
 *
 * @param shape without its warm-up
 * @param warmup share of the training spent warming up
 * @param horizon length of the training in epochs, fractional
 */
public record Cohort(Scheduler shape, double warmup, double horizon) {

  /**
   * @param samples training rows
   */
  public static Cohort of(Training training, long samples) {
    double total = training.totalUpdates(samples);
    double horizon =
        training.maxSteps().isPresent()
            ? total / training.updatesPerEpoch(samples)
            : training.numTrainEpochs();
    Scheduler scheduler = training.scheduler();
    Warmup warmup = scheduler.warmup();
    double share = warmup.steps().isPresent() ? warmup.updates(0) / total : warmup.ratio();
    return new Cohort(scheduler.with(Warmup.NONE), share, horizon);
  }

  @Override
  public String toString() {
    String epochs =
        horizon == Math.rint(horizon)
            ? Long.toString((long) horizon)
            : String.format(Locale.ROOT, "%.2f", horizon);
    return "%s over %s %s%s"
        .formatted(
            shape.word(),
            epochs,
            epochs.equals("1") ? "epoch" : "epochs",
            warmup == 0 ? "" : String.format(Locale.ROOT, ", %.1f %% warmup", 100 * warmup));
  }
}
