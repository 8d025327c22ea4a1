package io.espalier.worker.evaluate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often each run of n neighbours occurs.
 *
 * @param total of all runs together
 */
record NGrams<T>(Map<List<T>, Integer> counts, int total) {
  static <T> NGrams<T> of(int n, List<T> tokens) {
    return pooled(n, List.of(tokens));
  }

  /** Of several texts together; no run reaches from one into the next. */
  static <T> NGrams<T> pooled(int n, List<List<T>> texts) {
    var counts = new HashMap<List<T>, Integer>();
    int total = 0;
    for (List<T> tokens : texts) {
      for (int i = 0; i + n <= tokens.size(); i++) {
        counts.merge(tokens.subList(i, i + n), 1, Integer::sum);
        total++;
      }
    }
    return new NGrams<>(counts, total);
  }

  /** Unique ÷ total, above 0 to 1; {@code none} when there is no run. */
  double uniqueShare(double none) {
    return total == 0 ? none : (double) counts.size() / total;
  }

  /** How many runs of this are found in {@code other}, each at most as often as it is there. */
  int clippedMatches(NGrams<T> other) {
    return counts.entrySet().stream()
        .mapToInt(e -> Math.min(e.getValue(), other.counts.getOrDefault(e.getKey(), 0)))
        .sum();
  }
}
