package io.espalier.worker.evaluate;

import io.espalier.worker.data.TokenRow;
import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The answers that a model is trained to give, as tokens.
 *
 * @param known each without the token that ends it
 */
record TrainingAnswers(Set<IntBuffer> known) {
  /** What is shorter is said in many answers. */
  private static final int LEAST = 4;

  /**
   * Every run of targets of a row is one: a dialogue has several.
   *
   * @param endTokens what ends an answer
   */
  static TrainingAnswers of(List<TokenRow> rows, Collection<Integer> endTokens) {
    Set<IntBuffer> known = new HashSet<>();
    for (TokenRow row : rows) {
      int[] labels = row.labels();
      int from = 0;
      while (from < labels.length) {
        int to = from;
        while (to < labels.length && labels[to] != TokenRow.IGNORED) {
          to++;
        }
        int end = to;
        while (end > from && endTokens.contains(labels[end - 1])) {
          end--;
        }
        if (end - from >= LEAST) {
          known.add(IntBuffer.wrap(Arrays.copyOfRange(labels, from, end)));
        }
        from = to + 1;
      }
    }
    return new TrainingAnswers(known);
  }

  /** Whether an answer is one of them, word for word. */
  boolean has(int[] answer) {
    return known.contains(IntBuffer.wrap(answer));
  }
}
