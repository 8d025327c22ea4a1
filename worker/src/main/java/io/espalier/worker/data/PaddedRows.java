package io.espalier.worker.data;

import java.util.Arrays;
import java.util.List;

/**
 * Rows right-padded to the longest of them, and the target tokens in them. The arrays are not
 * copied; nobody changes them.
 *
 * @param count rows, R
 * @param length tokens of the longest row, T
 * @param ids tokens [R, T]; where padded 0, or {@link #PADDING} where rows are classified, since
 *     there tokens see what comes after them
 * @param targets places in [R, T] whose logits are wanted: those before each target token, or the
 *     first of each classified row [N]
 * @param labels the target tokens or classes [N]
 */
public record PaddedRows(int count, int length, long[] ids, long[] targets, long[] labels) {
  static final long PADDING = -1;

  /** Lays the rows below one another; one without tokens is padding and nothing else. */
  public static PaddedRows of(List<TokenRow> rows) {
    int length = rows.stream().mapToInt(TokenRow::length).max().orElse(1);
    int count = rows.stream().mapToInt(TokenRow::targets).sum();
    var padded =
        new PaddedRows(
            rows.size(), length, new long[rows.size() * length], new long[count], new long[count]);
    if (rows.stream().anyMatch(row -> row.category().isPresent())) {
      Arrays.fill(padded.ids, PADDING);
    }
    int at = 0;
    for (int row = 0; row < rows.size(); row++) {
      int[] tokens = rows.get(row).inputIds();
      int[] labels = rows.get(row).labels();
      if (rows.get(row).category().isPresent()) {
        padded.targets[at] = (long) row * length;
        padded.labels[at++] = rows.get(row).category().getAsInt();
      }
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

  /** The row that a target belongs to, from 0. */
  public int rowOf(int target) {
    return Math.toIntExact(targets[target] / length);
  }
}
