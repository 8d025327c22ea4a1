package io.espalier.worker.data;

import io.espalier.common.trial.Training;
import java.util.List;
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
    return new Training(
        Training.TrainType.LORA,
        1e-4,
        epochs,
        maxSteps,
        batch,
        accumulation,
        Training.LossNormalisation.TOKEN,
        new Training.Scheduler(Training.SchedulerType.CONSTANT, 0, OptionalInt.empty()),
        new Training.AdamW(0.9, 0.95, 1e-8, 0.1),
        1,
        0,
        new Training.Lora(8, 32, 0, List.of("all-linear")),
        maxLength,
        strategy,
        42);
  }
}
