package io.espalier.coordinator.search;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** From numbers in [0, 1) to the values of keys. */
final class Draws {
  /** Digits of a drawn number: enough to search, short enough to read and to type again. */
  private static final MathContext DIGITS = new MathContext(4);

  private Draws() {}

  /**
   * @param unit of each key, in [0, 1)
   */
  static Map<String, String> point(SearchSpec search, ToDoubleFunction<String> unit) {
    var point = new LinkedHashMap<String, String>();
    search
        .space()
        .forEach(
            (key, candidates) -> {
              Optional<SearchSpec.Condition> condition =
                  Optional.ofNullable(search.conditions().get(key));
              if (condition.isEmpty() || condition.get().holds(point)) {
                point.put(key, value(candidates, unit.applyAsDouble(key)));
              }
            });
    return point;
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

  /** Where a value lies: the number in [0, 1) that it is, or would be, drawn by. */
  static double unit(Candidates candidates, String value) {
    if (candidates instanceof Candidates.Values listed) {
      return (listed.values().indexOf(value) + 0.5) / listed.values().size();
    } else if (candidates instanceof Candidates.Uniform range) {
      return (Double.parseDouble(value) - range.low()) / (range.high() - range.low());
    } else if (candidates instanceof Candidates.LogUniform range) {
      return Math.log(Double.parseDouble(value) / range.low())
          / Math.log(range.high() / range.low());
    } else if (candidates instanceof Candidates.IntRange range) {
      return (Long.parseLong(value) - range.low() + 0.5) / (range.high() - range.low() + 1.0);
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
