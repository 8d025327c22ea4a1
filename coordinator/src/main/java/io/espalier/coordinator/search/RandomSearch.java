package io.espalier.coordinator.search;

import io.espalier.common.spec.SearchSpec;
import java.util.Map;

/**
 * Independent draws. A trial's draw for a key depends on (seed, trial, key) and on nothing else:
 * adding a key or asking for more trials changes no other draw.
 */
final class RandomSearch {
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private RandomSearch() {}

  static Map<String, String> point(SearchSpec search, int trial) {
    return Draws.point(search, key -> unit(search.seed(), trial, key));
  }

  /** A number in [0, 1): the top 53 bits of the hash. */
  static double unit(long seed, int trial, String key) {
    long hash = mix(mix(seed) + trial);
    for (int i = 0; i < key.length(); i++) {
      hash = mix(hash + key.charAt(i));
    }
    return (hash >>> 11) * 0x1.0p-53;
  }

  /** SplitMix64 (Steele, Lea, Flood 2014): a bijection whose every output bit depends on all. */
  private static long mix(long state) {
    long z = state + GOLDEN_RATIO;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
