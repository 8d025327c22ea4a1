package io.espalier.examples.basemodel;

import io.espalier.worker.data.TokenRow;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * How often each token was a training target. A token that never was one cannot be produced after
 * LoRA: embeddings are tied and stay frozen.
 */
record TargetCoverage(Map<Integer, Integer> counts) {
  static TargetCoverage of(Collection<TokenRow> rows) {
    var counts = new HashMap<Integer, Integer>();
    for (TokenRow row : rows) {
      for (int i = 1; i < row.length(); i++) {
        if (row.labels()[i] != TokenRow.IGNORED) {
          counts.merge(row.labels()[i], 1, Integer::sum);
        }
      }
    }
    return new TargetCoverage(Map.copyOf(counts));
  }

  /** Targets of {@code other} that are targets here fewer than {@code times} times. */
  Set<Integer> missing(TargetCoverage other, int times) {
    var missing = new TreeSet<>(other.counts.keySet());
    missing.removeIf(token -> counts.getOrDefault(token, 0) >= times);
    return missing;
  }
}
