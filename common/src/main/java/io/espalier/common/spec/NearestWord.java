package io.espalier.common.spec;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known word a misspelt one was probably meant to be. */
public final class NearestWord {
  private static final int LONGEST = 64;

  private NearestWord() {}

  /** Absent when nothing is near: further away than a third of the word's length and one. */
  public static Optional<String> of(String word, Collection<String> known) {
    if (word.length() > LONGEST) {
      return Optional.empty();
    }
    int reach = word.length() / 3 + 1;
    return known.stream()
        .filter(candidate -> distance(word, candidate) <= reach)
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)));
  }

  /**
   * Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment) that
   * turn one word into the other.
   */
  static int distance(String from, String to) {
    int[][] cost = new int[from.length() + 1][to.length() + 1];
    for (int i = 0; i <= from.length(); i++) {
      for (int j = 0; j <= to.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        int substitution = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        cost[i][j] =
            Math.min(
                Math.min(cost[i - 1][j], cost[i][j - 1]) + 1, cost[i - 1][j - 1] + substitution);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
      }
    }
    return cost[from.length()][to.length()];
  }
}
