package io.espalier.worker.data;

import io.espalier.common.trial.Training;
import java.util.Arrays;
import java.util.Optional;

/** What {@code max_length} and {@code truncation_strategy} make of a row. */
record Truncation(int maxLength, Training.TruncationStrategy strategy) {

  static Truncation of(Training training) {
    return new Truncation(training.maxLength(), training.truncationStrategy());
  }

  /** The row cut to size; empty when it is too long and such rows are left out. */
  Optional<TokenRow> apply(TokenRow row) {
    if (row.length() <= maxLength) {
      return Optional.of(row);
    }
    return switch (strategy) {
      case DELETE -> Optional.empty();
      case LEFT -> Optional.of(cut(row, row.length() - maxLength, row.length()));
      case RIGHT -> Optional.of(cut(row, 0, maxLength));
    };
  }

  /** A prompt keeps its end: the answer follows it. */
  int[] applyToPrompt(int[] ids) {
    return ids.length <= maxLength
        ? ids
        : Arrays.copyOfRange(ids, ids.length - maxLength, ids.length);
  }

  private static TokenRow cut(TokenRow row, int from, int to) {
    return new TokenRow(
        Arrays.copyOfRange(row.inputIds(), from, to),
        Arrays.copyOfRange(row.labels(), from, to),
        row.category());
  }
}
