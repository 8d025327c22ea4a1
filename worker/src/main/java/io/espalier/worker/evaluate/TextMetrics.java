package io.espalier.worker.evaluate;

import io.espalier.worker.data.Question;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;

/** How good generated answers are. */
public final class TextMetrics {
  private static final int N = 4;

  private TextMetrics() {}

  /**
   * Whether an answer is right: it holds every keyword, or, when the question has none, it is the
   * reference. Case, punctuation and spaces do not count.
   */
  public static boolean right(Question question, String answer) {
    String given = normalise(answer);
    return question.keywords().isEmpty()
        ? given.equals(normalise(question.reference()))
        : question.keywords().stream().allMatch(keyword -> given.contains(normalise(keyword)));
  }

  static String normalise(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .replaceAll("[\\p{P}\\p{S}]+", " ")
        .replaceAll("[\\s\\p{Z}]+", " ")
        .strip();
  }

  /**
   * seq-rep-4 (Welleck et al. 2019): 1 − unique ÷ total 4-grams of tokens, 0 (no repetition) to
   * almost 1; 0 for an answer too short to have one.
   */
  public static double repetition(int[] tokens) {
    int total = tokens.length - N + 1;
    if (total < 1) {
      return 0;
    }
    var unique = new HashSet<String>();
    for (int i = 0; i < total; i++) {
      unique.add(Arrays.toString(Arrays.copyOfRange(tokens, i, i + N)));
    }
    return 1 - (double) unique.size() / total;
  }
}
