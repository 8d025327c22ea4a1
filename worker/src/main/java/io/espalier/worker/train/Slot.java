package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import java.util.List;

/**
 * One slot of a pack.
 *
 * @param training what it is trained with
 * @param state where it begins
 */
public record Slot(Training training, SlotState state) {

  /** A slot before its first update. */
  public static Slot fresh(Training training, Trainable trainable, float[] weights) {
    return new Slot(training, SlotState.fresh(trainable, weights));
  }

  /** Whether both can be in one pack: it has one kind of optimizer, one dropout, and so on. */
  boolean fits(Slot other) {
    return common(training).equals(common(other.training))
        && state.trainable().sharesPackWith(other.state.trainable());
  }

  private static List<Object> common(Training training) {
    return List.of(
        training.optimizer().getClass(),
        training.labelSmoothing(),
        training.lora().dropout(),
        training.torchDtype(),
        training.gradientCheckpointing());
  }
}
