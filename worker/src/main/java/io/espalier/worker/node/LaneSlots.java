package io.espalier.worker.node;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Training;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.train.PackSpeed;
import java.util.Collection;
import java.util.List;
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

  /** Tokens of a branch's rows in a pass: a mean. */
  public static double tokens(Training training, DatasetSummary data) {
    return (double) training.perDeviceTrainBatchSize() * data.tokens() / data.samples();
  }

  /** As many as there is use for on a CPU before it is measured: so on two cores. */
  public static final LaneSlots CPU = new LaneSlots(OptionalInt.empty(), 512);

  /** The same on a GPU, which is bound by launches and by reading weights. */
  public static final LaneSlots GPU = new LaneSlots(OptionalInt.empty(), 8192);

  public static LaneSlots of(int fixed) {
    return new LaneSlots(OptionalInt.of(fixed), Double.MAX_VALUE);
  }

  /**
   * As many as were measured to train fastest: the fewest that are about as fast as any, and no
   * more than memory has room for.
   *
   * @param tokens of a pass of one slot, as was measured
   * @return with the tokens per pass from here on, which stay as they are where the measurement
   *     ended before it was seen that more of them gain nothing
   */
  public LaneSlots measured(PackSpeed speed, double tokens, PassMemory memory) {
    List<PackSpeed.Timing> timings = speed.timings();
    double fastest = timings.stream().mapToDouble(PackSpeed.Timing::rate).max().orElse(0);
    int enough =
        timings.stream()
            .filter(timing -> timing.rate() * PackSpeed.GAIN >= fastest)
            .mapToInt(PackSpeed.Timing::slots)
            .min()
            .orElse(1);
    boolean open =
        (speed.end() == PackSpeed.End.TIME || speed.end() == PackSpeed.End.MOST)
            && enough == timings.get(timings.size() - 1).slots();
    // A sum of as many tokens may come out a little higher.
    double limit = enough * tokens * 1.001;
    double fast = open ? Math.max(limit, tokensPerPass) : limit;
    return new LaneSlots(fixed, Math.min(fast, memory.mostTokens(1)));
  }

  /** The same for a sweep that asks for so many; a lane that has fewer stays as it is. */
  public LaneSlots asked(OptionalInt slots) {
    return slots.isPresent()
        ? of(Math.min(fixed.orElse(slots.getAsInt()), slots.getAsInt()))
        : this;
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
  public int more(Collection<Double> training, double next) {
    int slots = most() - training.size();
    if (fixed.isPresent()) {
      return slots;
    }
    double left = tokensPerPass - training.stream().mapToDouble(Double::doubleValue).sum();
    return Math.max(training.isEmpty() ? 1 : 0, (int) Math.min(slots, Math.floor(left / next)));
  }
}
