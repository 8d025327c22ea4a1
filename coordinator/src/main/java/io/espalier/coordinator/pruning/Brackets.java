package io.espalier.coordinator.pruning;

/**
 * Hyperband's brackets (Li et al. 2018): bracket s of s_max = ⌊log_η(R ÷ first)⌋ down to 0 begins
 * with ⌈(s_max + 1) η^s ÷ (s + 1)⌉ branches and has its first rung at R η^−s.
 *
 * @param eta η ≥ 2
 * @param first the earliest first rung, in epochs
 * @param horizon R, in epochs
 */
record Brackets(int eta, double first, double horizon) {
  private int most() {
    // A logarithm of 27 by 3 may come out a little below 3.
    return Math.max(0, (int) Math.floor(Math.log(horizon / first) / Math.log(eta) + 1e-9));
  }

  private long size(int bracket) {
    return (long) Math.ceil((most() + 1) * Math.pow(eta, bracket) / (bracket + 1) - 1e-9);
  }

  /**
   * The bracket of a branch: as many in a row as it begins with, the one with the earliest rung
   * first, over and over.
   *
   * @param place of the branch among those that it may be compared with, from 0
   */
  int of(int place) {
    long all = 0;
    for (int s = most(); s >= 0; s--) {
      all += size(s);
    }
    long left = place % all;
    int bracket = most();
    while (left >= size(bracket)) {
      left -= size(bracket);
      bracket--;
    }
    return bracket;
  }

  Rule rule(int bracket) {
    return new SuccessiveHalving(horizon * Math.pow(eta, -bracket), eta, 0, 0);
  }
}
