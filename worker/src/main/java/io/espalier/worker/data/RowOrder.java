package io.espalier.worker.data;

/**
 * Permutations that are pure functions of (seed, stream): SplitMix64's output function (Steele,
 * Lea, Flood 2014) drives a Fisher-Yates shuffle. No generator is carried from one epoch to the
 * next, so any update can be replayed without those before it.
 */
final class RowOrder {
  /** The stream that splits evaluation rows off; epochs use the streams from 1. */
  static final long SPLIT = 0;

  /** The stream that draws rows from a file. */
  static final long SAMPLE = -1;

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private RowOrder() {}

  /** 0 … rows − 1, shuffled. */
  static int[] shuffled(int rows, long seed, long stream) {
    long key = mix(mix(seed + GOLDEN_GAMMA) ^ (stream * GOLDEN_GAMMA));
    int[] order = inFileOrder(rows);
    for (int last = rows - 1; last > 0; last--) {
      int chosen = below(last + 1, mix(key + last * GOLDEN_GAMMA));
      int moved = order[last];
      order[last] = order[chosen];
      order[chosen] = moved;
    }
    return order;
  }

  /** 0 … rows − 1. */
  static int[] inFileOrder(int rows) {
    int[] order = new int[rows];
    for (int i = 0; i < rows; i++) {
      order[i] = i;
    }
    return order;
  }

  /** ⌊draw63 · bound ÷ 2^63⌋: a bias below bound ÷ 2^63, without rejection. */
  private static int below(int bound, long draw) {
    return (int) Math.multiplyHigh(draw >>> 1, (long) bound << 1);
  }

  private static long mix(long bits) {
    bits = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
    bits = (bits ^ (bits >>> 27)) * 0x94D049BB133111EBL;
    return bits ^ (bits >>> 31);
  }
}
