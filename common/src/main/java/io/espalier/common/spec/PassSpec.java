package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.OptionalInt;

/**
 * What may go through a pass together; how many do beyond that, the worker decides.
 *
 * @param slots trials of a lane at most, ≥ 1
 * @param microBatch rows of a trial at most, ≥ 1; its updates take more passes then
 * @param reproducible whether a trial has passes of its own, so that its numbers are the same to
 *     the last bit whatever is trained beside it
 */
public record PassSpec(
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalInt slots,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalInt microBatch,
    boolean reproducible) {
  /** The worker decides. */
  public static final PassSpec FREE = new PassSpec(OptionalInt.empty(), OptionalInt.empty(), false);

  public PassSpec {
    slots = slots == null ? OptionalInt.empty() : slots;
    microBatch = microBatch == null ? OptionalInt.empty() : microBatch;
  }
}
