package io.espalier.worker.data;

import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Training;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** Hyperparameters for tests, of which only what a test names matters. */
final class Trainings {
  private Trainings() {}

  static Training batches(double epochs, OptionalInt maxSteps, int batch, int accumulation) {
    return training(
        epochs, maxSteps, batch, accumulation, 1024, Training.TruncationStrategy.DELETE);
  }

  static Training maxLength(int maxLength, Training.TruncationStrategy strategy) {
    return training(1, OptionalInt.empty(), 1, 1, maxLength, strategy);
  }

  private static Training training(
      double epochs,
      OptionalInt maxSteps,
      int batch,
      int accumulation,
      int maxLength,
      Training.TruncationStrategy strategy) {
    return Hyperparameters.of(
            Map.of(
                "num_train_epochs",
                Double.toString(epochs),
                "max_steps",
                Integer.toString(maxSteps.orElse(-1)),
                "per_device_train_batch_size",
                Integer.toString(batch),
                "gradient_accumulation_steps",
                Integer.toString(accumulation),
                "lr_scheduler_type",
                "constant",
                "max_length",
                Integer.toString(maxLength),
                "truncation_strategy",
                strategy.name().toLowerCase(Locale.ROOT)))
        .training();
  }
}
