package io.espalier.worker.data;

/**
 * One row as the model sees it. The arrays are not copied; nobody changes them.
 *
 * @param inputIds tokens
 * @param labels as many as tokens, unshifted as in HuggingFace; {@link #IGNORED} where no loss is
 *     taken
 */
public record TokenRow(int[] inputIds, int[] labels) {
  public static final int IGNORED = -100;

  public TokenRow {
    if (inputIds.length != labels.length) {
      throw new IllegalArgumentException(
          "%d tokens but %d labels".formatted(inputIds.length, labels.length));
    }
  }

  public int length() {
    return inputIds.length;
  }

  /** How many tokens count in the loss: labels from the second on that are not ignored. */
  public int targets() {
    int targets = 0;
    for (int i = 1; i < labels.length; i++) {
      if (labels[i] != IGNORED) {
        targets++;
      }
    }
    return targets;
  }
}
