package io.espalier.common.guard;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Training;
import java.util.OptionalDouble;

/**
 * What a branch's losses are held against.
 *
 * @param loss of what it starts from; where it is not known, its first update's stands for it
 * @param rows of an update, ≥ 1: few of them say little, so that windows hold more updates
 */
public record Baseline(OptionalDouble loss, int rows) {
  /** Of updates of many rows, with their first loss. */
  public static final Baseline NONE = new Baseline(OptionalDouble.empty(), Integer.MAX_VALUE);

  /** Of a branch that trains on this data. */
  public static Baseline of(DatasetSummary data, Training training) {
    Double loss = data.base().get("train_loss");
    // Smoothed losses are higher by an amount that depends on the model.
    return new Baseline(
        loss == null || training.labelSmoothing() > 0
            ? OptionalDouble.empty()
            : OptionalDouble.of(loss),
        training.effectiveBatch());
  }

  /** The updates of a window, so that they have at least so many rows. */
  int window(int updates, int leastRows) {
    return Math.max(updates, (leastRows - 1) / rows + 1);
  }
}
