package io.espalier.worker.evaluate;

import io.espalier.worker.data.TokenRow;
import java.util.List;

/**
 * Rows right-padded to the longest of them.
 *
 * @param length tokens of the longest row, T
 * @param ids tokens [R, T], 0 where padded
 * @param targets places in [R, T] whose logits are wanted: those before each target token [N]
 * @param labels the target tokens [N]
 */
record Padded(int rows, int length, long[] ids, long[] targets, long[] labels) {

  static Padded of(List<TokenRow> rows) {
    int length = rows.stream().mapToInt(TokenRow::length).max().orElse(1);
    int count = rows.stream().mapToInt(TokenRow::targets).sum();
    var padded =
        new Padded(
            rows.size(), length, new long[rows.size() * length], new long[count], new long[count]);
    int at = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] tokens = rows.get(row).inputIds();
      int[] labels = rows.get(row).labels();
      for (int i = 0; i < tokens.length; i++) {
        padded.ids[row * length + i] = tokens[i];
        if (i > 0 && labels[i] != TokenRow.IGNORED) {
          padded.targets[at] = (long) row * length + i - 1;
          padded.labels[at++] = labels[i];
        }
      }
    }
    return padded;
  }
}
