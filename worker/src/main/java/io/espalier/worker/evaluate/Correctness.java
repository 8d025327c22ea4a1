package io.espalier.worker.evaluate;

import io.espalier.worker.data.Question;
import java.text.Normalizer;
import java.util.Locale;

/** Whether a generated answer is right. Case, punctuation and spaces do not count. */
final class Correctness {
  private Correctness() {}

  /** Whether an answer holds every keyword, or, when the question has none, is the reference. */
  static boolean holds(Question question, String answer) {
    String given = normalise(answer);
    return question.keywords().isEmpty()
        ? isReference(question, answer)
        : question.keywords().stream().allMatch(keyword -> given.contains(normalise(keyword)));
  }

  static boolean isReference(Question question, String answer) {
    return normalise(answer).equals(normalise(question.reference()));
  }

  static String normalise(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC)
        .toLowerCase(Locale.ROOT)
        .replaceAll("[\\p{P}\\p{S}]+", " ")
        .replaceAll("[\\s\\p{Z}]+", " ")
        .strip();
  }
}
