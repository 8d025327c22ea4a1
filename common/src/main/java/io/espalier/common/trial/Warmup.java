package io.espalier.common.trial;

import java.util.OptionalInt;

/**
 * A linear rise to the peak before a schedule's own shape begins.
 *
 * @param ratio share of all updates, rounded up
 * @param steps overrides {@code ratio} when given
 * @param startFactor share of the peak at the first update, 0 to 1
 */
public record Warmup(double ratio, OptionalInt steps, double startFactor) {
  public static final Warmup NONE = new Warmup(0, OptionalInt.empty(), 0);

  /** How many of {@code total} updates it takes; may be more than there are. */
  public long updates(long total) {
    return steps.isPresent() ? steps.getAsInt() : (long) Math.ceil(total * ratio);
  }

  double factor(long step, long updates) {
    double done = (double) step / Math.max(1, updates);
    return startFactor + (1 - startFactor) * done;
  }
}
