package io.espalier.worker.data;

import io.espalier.common.trial.Training;
import java.util.Arrays;
import java.util.Optional;

/** What {@code max_length} and {@code truncation_strategy} make of a row. */
record Truncation(int maxLength, Training.TruncationStrategy strategy) {

  static Truncation of(Training training) {
    return new Truncation(training.maxLength(), training.truncationStrategy());
  }

  /**
   * Tokens at a row's ends that no cut takes away: what a tokenizer puts around a text, such as
   * BERT's {@code [CLS]} and {@code [SEP]}.
   */
  record Ends(int first, int last) {
    static final Ends NONE = new Ends(0, 0);
  }

  /** The row cut to size; empty when it is too long and such rows are left out. */
  Optional<TokenRow> apply(TokenRow row, Ends kept) {
    int excess = row.length() - maxLength;
    if (excess <= 0) {
      return Optional.of(row);
    }
    int after = row.length() - kept.last();
    return switch (strategy) {
      case DELETE -> Optional.empty();
      case LEFT -> Optional.of(without(row, kept.first(), Math.min(kept.first() + excess, after)));
      case RIGHT -> Optional.of(without(row, Math.max(after - excess, kept.first()), after));
    };
  }

  /** A prompt keeps its end: the answer follows it. */
  int[] applyToPrompt(int[] ids) {
    return ids.length <= maxLength
        ? ids
        : Arrays.copyOfRange(ids, ids.length - maxLength, ids.length);
  }

  private static TokenRow without(TokenRow row, int from, int to) {
    return new TokenRow(
        without(row.inputIds(), from, to), without(row.labels(), from, to), row.category());
  }

  private static int[] without(int[] values, int from, int to) {
    int[] rest = Arrays.copyOf(values, values.length - (to - from));
    System.arraycopy(values, to, rest, from, values.length - to);
    return rest;
  }
}
