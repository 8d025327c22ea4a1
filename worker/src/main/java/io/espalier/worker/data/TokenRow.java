package io.espalier.worker.data;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * One row as the model sees it. The arrays are not copied; nobody changes them.
 *
 * @param inputIds tokens
 * @param labels as many as tokens, unshifted as in HuggingFace; {@link #IGNORED} where no loss is
 *     taken
 * @param category the row's class, from 0, where the whole row is classified; its tokens have no
 *     labels then
 */
public record TokenRow(int[] inputIds, int[] labels, OptionalInt category) {
  public static final int IGNORED = -100;

  public TokenRow {
    if (inputIds.length != labels.length) {
      throw new IllegalArgumentException(
          "%d tokens but %d labels".formatted(inputIds.length, labels.length));
    }
  }

  public TokenRow(int[] inputIds, int[] labels) {
    this(inputIds, labels, OptionalInt.empty());
  }

  /** A row that is classified as a whole. */
  public static TokenRow classified(int[] inputIds, int category) {
    int[] none = new int[inputIds.length];
    Arrays.fill(none, IGNORED);
    return new TokenRow(inputIds, none, OptionalInt.of(category));
  }

  public int length() {
    return inputIds.length;
  }

  /**
   * How many predictions count in the loss: the row's class, or the labels from the second on that
   * are not ignored.
   */
  public int targets() {
    if (category.isPresent()) {
      return 1;
    }
    int targets = 0;
    for (int i = 1; i < labels.length; i++) {
      if (labels[i] != IGNORED) {
        targets++;
      }
    }
    return targets;
  }
}
