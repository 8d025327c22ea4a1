package io.espalier.worker.evaluate;

import java.util.List;

/** How much of a reference an answer has in common with it; on {@link TextTokens}. */
final class Overlap {
  private static final int ORDERS = 4;

  private Overlap() {}

  /**
   * Sentence BLEU (Papineni et al. 2002) of up to 4-grams: brevity penalty × geometric mean of the
   * clipped precisions × 100. An order without a match counts as 1 ÷ (2^k × its n-grams), k = 1 for
   * the first such order, 2 for the next: smoothing method 3 of Chen and Cherry (2014), which is
   * also NIST's {@code mteval-v13a} and sacreBLEU's {@code exp}. As in NLTK, 0 without a common
   * token, and an order that the answer is too short for counts as one n-gram without a match: an
   * answer of fewer than four tokens stays below 100 even when it is the reference.
   *
   * @return 0 to 100
   */
  static double bleu4(String reference, String answer) {
    List<String> expected = TextTokens.of(reference);
    List<String> given = TextTokens.of(answer);
    double logarithms = 0;
    double without = 1;
    for (int n = 1; n <= ORDERS; n++) {
      NGrams<String> runs = NGrams.of(n, given);
      double matches = runs.clippedMatches(NGrams.of(n, expected));
      if (matches == 0) {
        if (n == 1) {
          return 0;
        }
        without /= 2;
        matches = without;
      }
      logarithms += Math.log(matches / Math.max(1, runs.total()));
    }
    double brevity = Math.min(0, 1 - (double) expected.size() / given.size());
    return 100 * Math.exp(brevity + logarithms / ORDERS);
  }

  /**
   * ROUGE-L (Lin 2004) with β = 1: harmonic mean of the longest common subsequence's shares of
   * reference and answer.
   *
   * @return 0 to 1
   */
  static double rougeL(String reference, String answer) {
    List<String> expected = TextTokens.of(reference);
    List<String> given = TextTokens.of(answer);
    int common = longestCommonSubsequence(expected, given);
    return common == 0 ? 0 : 2.0 * common / (expected.size() + given.size());
  }

  private static int longestCommonSubsequence(List<String> left, List<String> right) {
    int[] row = new int[right.size() + 1];
    for (String token : left) {
      int diagonal = 0;
      for (int j = 1; j <= right.size(); j++) {
        int above = row[j];
        row[j] = token.equals(right.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
        diagonal = above;
      }
    }
    return row[right.size()];
  }
}
