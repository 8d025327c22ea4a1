package io.espalier.worker.train;

import io.espalier.worker.data.PaddedRows;
import io.espalier.worker.data.TokenRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The rows of one pass, R in all. All slots have the same number of rows, slot after slot; short
 * ones are filled with rows without targets.
 *
 * @param rows with their N targets
 * @param slots which slot each target belongs to [N]
 * @param shares what each target's loss is multiplied with [N]
 * @param keys what a row's dropout is drawn from [R]
 */
record MicroBatch(PaddedRows rows, long[] slots, double[] shares, long[] keys) {
  private static final TokenRow FILLER = new TokenRow(new int[0], new int[0]);

  /**
   * One slot's part of a pass.
   *
   * @param shares for each row the weight of its target tokens
   * @param keys one for each row, below 2^32
   */
  record Part(List<TokenRow> rows, double[] shares, long[] keys) {}

  /** R T: padding counted. */
  long tokens() {
    return (long) rows.count() * rows.length();
  }

  static MicroBatch of(List<Part> parts) {
    int perSlot = parts.stream().mapToInt(part -> part.rows().size()).max().orElse(0);
    var rows = new ArrayList<TokenRow>();
    long[] keys = new long[perSlot * parts.size()];
    for (Part part : parts) {
      System.arraycopy(part.keys(), 0, keys, rows.size(), part.rows().size());
      rows.addAll(part.rows());
      rows.addAll(Collections.nCopies(perSlot - part.rows().size(), FILLER));
    }
    PaddedRows padded = PaddedRows.of(rows);
    long[] slots = new long[padded.targets().length];
    double[] shares = new double[slots.length];
    for (int i = 0; i < slots.length; i++) {
      int row = padded.rowOf(i);
      int slot = row / perSlot;
      slots[i] = slot;
      shares[i] = parts.get(slot).shares()[row % perSlot];
    }
    return new MicroBatch(padded, slots, shares, keys);
  }
}
