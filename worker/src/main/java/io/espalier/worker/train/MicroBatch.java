package io.espalier.worker.train;

import io.espalier.worker.data.TokenRow;
import java.util.List;

/**
 * The rows of one pass, right-padded to its longest, and its target tokens. All slots have the same
 * number of rows, slot after slot; short ones are filled with rows without targets.
 *
 * @param rows rows in all, R
 * @param length tokens of the longest row, T
 * @param ids tokens [R, T]
 * @param targets places in [R, T] whose logits are wanted: those before each target token [N]
 * @param labels the target tokens [N]
 * @param slots which slot each target belongs to [N]
 * @param shares what each target's loss is multiplied with [N]
 * @param keys what a row's dropout is drawn from [R]
 */
record MicroBatch(
    int rows,
    int length,
    long[] ids,
    long[] targets,
    long[] labels,
    long[] slots,
    double[] shares,
    long[] keys) {

  /**
   * One slot's part of a pass.
   *
   * @param share the weight of each of its target tokens
   * @param keys one for each row, below 2^32
   */
  record Part(List<TokenRow> rows, double share, long[] keys) {}

  static MicroBatch of(List<Part> parts) {
    int perSlot = parts.stream().mapToInt(part -> part.rows().size()).max().orElse(0);
    int length =
        parts.stream()
            .flatMap(part -> part.rows().stream())
            .mapToInt(TokenRow::length)
            .max()
            .orElse(1);
    int count =
        parts.stream().flatMap(part -> part.rows().stream()).mapToInt(TokenRow::targets).sum();
    int rows = perSlot * parts.size();
    var batch =
        new MicroBatch(
            rows,
            length,
            new long[rows * length],
            new long[count],
            new long[count],
            new long[count],
            new double[count],
            new long[rows]);
    int at = 0;
    for (int slot = 0; slot < parts.size(); slot++) {
      Part part = parts.get(slot);
      for (int i = 0; i < part.rows().size(); i++) {
        batch.keys[slot * perSlot + i] = part.keys()[i];
        at = batch.put(slot * perSlot + i, slot, part.rows().get(i), part.share(), at);
      }
    }
    return batch;
  }

  private int put(int place, int slot, TokenRow row, double share, int from) {
    int at = from;
    int[] tokens = row.inputIds();
    for (int i = 0; i < tokens.length; i++) {
      ids[place * length + i] = tokens[i];
      if (i > 0 && row.labels()[i] != TokenRow.IGNORED) {
        targets[at] = (long) place * length + i - 1;
        labels[at] = row.labels()[i];
        slots[at] = slot;
        shares[at] = share;
        at++;
      }
    }
    return at;
  }
}
