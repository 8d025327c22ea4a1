package io.espalier.worker.train;

import io.espalier.common.trial.Training;

/**
 * One slot of a pack, with its numbers on the host.
 *
 * @param training what it is trained with
 * @param state where it begins
 */
public record Slot(Training training, SlotState state) implements Seat {

  /** A slot before its first update. */
  public static Slot fresh(Training training, Trainable trainable, float[] weights) {
    return new Slot(training, SlotState.fresh(trainable, weights));
  }

  @Override
  public Kind kind() {
    return new Kind(training, state.trainable());
  }

  @Override
  public long steps() {
    return state.steps();
  }
}
