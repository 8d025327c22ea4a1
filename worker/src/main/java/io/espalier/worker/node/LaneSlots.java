package io.espalier.worker.node;

import java.util.Collection;
import java.util.OptionalInt;

/**
 * How many branches a lane trains together.
 *
 * @param fixed so many whatever they are; absent for as many as a pass has use for
 * @param tokensPerPass beyond so many tokens a pass trains no faster with more slots
 */
public record LaneSlots(OptionalInt fixed, double tokensPerPass) {
  public LaneSlots {
    if (fixed.orElse(1) < 1) {
      throw new IllegalArgumentException("a lane has at least one slot");
    }
  }

  private static final int MOST = 16;

  /** As many as there is use for on a CPU: measured on two cores, bench/README.md. */
  public static final LaneSlots CPU = new LaneSlots(OptionalInt.empty(), 512);

  /** As many as there is use for on a GPU, which is bound by launches and by reading weights. */
  public static final LaneSlots GPU = new LaneSlots(OptionalInt.empty(), 8192);

  public static LaneSlots of(int fixed) {
    return new LaneSlots(OptionalInt.of(fixed), Double.MAX_VALUE);
  }

  /** Slots that a lane has at most. */
  public int most() {
    return fixed.orElse(MOST);
  }

  /**
   * Whether one more branch is trained faster beside the others than after them.
   *
   * @param training tokens of a pass of each branch in training
   * @param next of the one more
   */
  boolean admit(Collection<Double> training, double next) {
    double together = training.stream().mapToDouble(Double::doubleValue).sum() + next;
    return training.isEmpty() || (training.size() < most() && together <= tokensPerPass);
  }

  /** How many more branches a lane has use for, each with {@code next} tokens in a pass. */
  int more(Collection<Double> training, double next) {
    int slots = most() - training.size();
    if (fixed.isPresent()) {
      return slots;
    }
    double left = tokensPerPass - training.stream().mapToDouble(Double::doubleValue).sum();
    return Math.max(training.isEmpty() ? 1 : 0, (int) Math.min(slots, Math.floor(left / next)));
  }
}
