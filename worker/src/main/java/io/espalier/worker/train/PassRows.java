package io.espalier.worker.train;

import java.util.List;

/**
 * How many rows of each slot go through a pass together. All slots have the same number, so a slot
 * with fewer left is filled up; what that wastes is bounded.
 */
final class PassRows {
  private static final double MOST_FILLER = 0.25;

  private PassRows() {}

  /**
   * What a slot asks for.
   *
   * @param microBatch rows of a pass when it is alone, ≥ 1
   * @param effectiveBatch rows of one of its updates, ≥ 1
   */
  record Wish(int microBatch, int effectiveBatch) {}

  /** Rows of each slot in a pass: as many as the smallest micro-batch. */
  static int of(List<Wish> slots) {
    return slots.stream()
        .mapToInt(slot -> Math.min(slot.microBatch(), slot.effectiveBatch()))
        .min()
        .orElse(1);
  }

  /** Whether these can be trained together without wasting more than a quarter of any pass. */
  static boolean fit(List<Wish> slots) {
    int rows = of(slots);
    return slots.stream().allMatch(slot -> filler(slot.effectiveBatch(), rows) <= MOST_FILLER);
  }

  /**
   * Share of rows that train nothing while {@code batch} rows go through in passes of {@code rows}.
   */
  static double filler(int batch, int rows) {
    int passes = (batch + rows - 1) / rows;
    return 1 - (double) batch / ((long) passes * rows);
  }
}
