package io.espalier.worker.lora;

/** Integer mixing: what is drawn by chance here is a pure function of its coordinates. */
public final class SplitMix {
  private SplitMix() {}

  /** SplitMix64's finaliser over the next state (Steele, Lea, Flood 2014). */
  public static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** One number for three coordinates. */
  public static long mix(long first, long second, long third) {
    return mix(mix(mix(first) + second) + third);
  }
}
