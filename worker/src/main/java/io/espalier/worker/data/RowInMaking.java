package io.espalier.worker.data;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/** Puts a row together from answers and what is between them, and says which tokens are targets. */
final class RowInMaking {
  private final Set<Integer> eosIds;
  private final IntStream.Builder inputIds = IntStream.builder();
  private final IntStream.Builder labels = IntStream.builder();
  private int length;
  private int lastTarget = -1;
  private boolean answerOpen;

  RowInMaking(Set<Integer> eosIds) {
    this.eosIds = eosIds;
  }

  /** Targets up to the last end token; all of it when it has none. */
  void addAnswer(int[] ids) {
    int end = ids.length;
    while (end > 0 && !eosIds.contains(ids[end - 1])) {
      end--;
    }
    answerOpen = end == 0;
    int targets = answerOpen ? ids.length : end;
    for (int i = 0; i < ids.length; i++) {
      add(ids[i], i < targets);
    }
  }

  /** No targets, but for an end token that closes the answer before. */
  void addBetween(int[] ids) {
    for (int i = 0; i < ids.length; i++) {
      add(ids[i], i == 0 && answerOpen && eosIds.contains(ids[0]));
    }
    answerOpen = answerOpen && ids.length == 0;
  }

  /** All up to the last target. */
  TokenRow finished() {
    return new TokenRow(
        Arrays.copyOf(inputIds.build().toArray(), lastTarget + 1),
        Arrays.copyOf(labels.build().toArray(), lastTarget + 1));
  }

  private void add(int id, boolean target) {
    inputIds.add(id);
    labels.add(target ? id : TokenRow.IGNORED);
    if (target) {
      lastTarget = length;
    }
    length++;
  }
}
