package io.espalier.worker.train;

import io.espalier.worker.memory.PassMemory;
import java.util.OptionalDouble;

/**
 * What passes of one kind of training cost.
 *
 * @param memory how large they may be
 * @param tokensPerSecond of a branch alone, padding counted; absent where it was not measured
 */
public record PassCost(PassMemory memory, OptionalDouble tokensPerSecond) {
  public static final PassCost UNKNOWN = new PassCost(PassMemory.UNBOUNDED, OptionalDouble.empty());
}
