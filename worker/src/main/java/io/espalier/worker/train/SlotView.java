package io.espalier.worker.train;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.evaluate.SetEvaluator;

/**
 * One slot of a pack as its own branch sees it; valid until the pack is composed anew, on the
 * pack's thread.
 */
record SlotView(Pack pack, int slot, EvaluationRound round) {
  /** Flat vector [P], copied from the device. */
  float[] parameters() {
    return pack.parameters(slot);
  }

  /** Where it stands, copied from the device; between two updates only. */
  SlotState copy() {
    return pack.slot(slot).state();
  }

  Trainable trainable() {
    return pack.kindOf(slot);
  }

  /** Measures it as it is. */
  SetEvaluator evaluator() {
    return round.present(slot);
  }

  /**
   * Measures other weights in this slot's place; valid while {@code scope} is open too.
   *
   * @param weights flat vector [P]
   */
  SetEvaluator evaluator(NDManager scope, float[] weights) {
    return round.other(scope, slot, weights);
  }
}
