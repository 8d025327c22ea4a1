package io.espalier.worker.train;

/**
 * Where a slot stands at an update boundary: all that its next update depends on, on the host.
 *
 * @param trainable what the numbers are, P of each kind
 * @param weights empty for all weights of a model as it is stored
 * @param firstMoments as the optimizer keeps them; empty for zeros
 * @param secondMoments likewise
 * @param steps updates applied so far
 */
public record SlotState(
    Trainable trainable, float[] weights, float[] firstMoments, float[] secondMoments, long steps) {

  /** Before the first update. */
  public static SlotState fresh(Trainable trainable, float[] weights) {
    return new SlotState(trainable, weights, new float[0], new float[0], 0);
  }

  /** Whether it starts from a model's own weights. */
  boolean untouched() {
    return weights.length == 0;
  }
}
