package io.espalier.coordinator.search;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Independent draws. A trial's draw for a key depends on (seed, trial, key) and on nothing else:
 * adding a key or asking for more trials changes no other draw.
 */
final class RandomSearch {
  /** Digits of a drawn number: enough to search, short enough to read and to type again. */
  private static final MathContext DIGITS = new MathContext(4);

  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private RandomSearch() {}

  static List<Map<String, String>> points(SearchSpec search) {
    var points = new ArrayList<Map<String, String>>();
    for (int trial = 0; trial < search.trials(); trial++) {
      var point = new LinkedHashMap<String, String>();
      for (var key : search.space().entrySet()) {
        point.put(key.getKey(), value(key.getValue(), unit(search.seed(), trial, key.getKey())));
      }
      points.add(point);
    }
    return points;
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

  /**
   * @param unit in [0, 1)
   */
  static String value(Candidates candidates, double unit) {
    if (candidates instanceof Candidates.Values listed) {
      return listed.values().get((int) (unit * listed.values().size()));
    } else if (candidates instanceof Candidates.Uniform range) {
      double drawn = range.low() + unit * (range.high() - range.low());
      return written(drawn, range.low(), range.high());
    } else if (candidates instanceof Candidates.LogUniform range) {
      double low = Math.log(range.low());
      double drawn = Math.exp(low + unit * (Math.log(range.high()) - low));
      return written(drawn, range.low(), range.high());
    } else if (candidates instanceof Candidates.IntRange range) {
      long widest = range.high() - range.low();
      return Long.toString(range.low() + Math.min((long) (unit * (widest + 1.0)), widest));
    }
    throw new IllegalStateException("no rule for " + candidates);
  }

  /** In a few digits where that stays in [low, high), else exactly. */
  private static String written(double drawn, double low, double high) {
    double inside = Math.max(low, Math.min(drawn, Math.nextDown(high)));
    double round = new BigDecimal(inside).round(DIGITS).doubleValue();
    return scientific(round >= low && round < high ? round : inside);
  }

  /** The shortest text of a number: {@code 3.162e-4} rather than {@code 3.162E-4}, {@code 2}. */
  private static String scientific(double value) {
    var exact = BigDecimal.valueOf(value).stripTrailingZeros();
    int exponent = exact.precision() - exact.scale() - 1;
    if (value == 0 || (exponent >= -3 && exponent < 6)) {
      return exact.toPlainString();
    }
    return exact.movePointLeft(exponent).toPlainString() + "e" + exponent;
  }
}
