package io.espalier.coordinator.recommendation;

import io.espalier.common.Numbers;
import io.espalier.common.spec.SpecKey;
import io.espalier.common.spec.SpecKeys;
import io.espalier.common.spec.ValueType;
import io.espalier.coordinator.report.TrialView;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A key whose values are numbers, as a sweep tried them.
 *
 * @param values ascending, each once, as they were written; two at least
 */
record Axis(String key, List<String> values) {
  /** Of a value that is proposed: enough to search. */
  private static final MathContext DIGITS = new MathContext(2);

  /** Neighbours further apart than that, as a ratio, are steps of a logarithmic axis. */
  private static final double LOGARITHMIC = 1.5;

  /** A wider gap than that, as a ratio, is no step: something was left out between. */
  private static final double LARGEST_STEP = 10;

  /** Empty where there are words among the values, or one value only. Seeds are no axis. */
  static Optional<Axis> of(String key, List<TrialView> trials) {
    List<String> all =
        trials.stream()
            .flatMap(trial -> Optional.ofNullable(trial.config().point().get(key)).stream())
            .toList();
    if (key.equals("seed") || !all.stream().allMatch(Axis::isNumber)) {
      return Optional.empty();
    }
    List<String> values =
        all.stream()
            .map(BigDecimal::new)
            .map(BigDecimal::stripTrailingZeros)
            .distinct()
            .sorted()
            .map(value -> written(value, all))
            .toList();
    return values.size() < 2 ? Optional.empty() : Optional.of(new Axis(key, values));
  }

  private static boolean isNumber(String text) {
    try {
      return Double.isFinite(new BigDecimal(text).doubleValue());
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static String written(BigDecimal value, List<String> all) {
    return all.stream()
        .filter(text -> new BigDecimal(text).compareTo(value) == 0)
        .findFirst()
        .orElseThrow();
  }

  /** The place of a value; -1 for one that was not tried. */
  int place(String value) {
    for (int i = 0; i < values.size(); i++) {
      if (new BigDecimal(values.get(i)).compareTo(new BigDecimal(value)) == 0) {
        return i;
      }
    }
    return -1;
  }

  private double at(int place) {
    return Double.parseDouble(values.get(place));
  }

  private boolean logarithmic(int low) {
    return at(low) > 0 && at(low + 1) / at(low) >= LOGARITHMIC;
  }

  /** What lies beyond the largest value, or below the smallest, one step of its neighbour's. */
  Optional<String> beyond(boolean upper) {
    int low = upper ? values.size() - 2 : 0;
    double first = at(low);
    double second = at(low + 1);
    if (logarithmic(low)) {
      double step = Math.min(LARGEST_STEP, second / first);
      return valid(upper ? second * step : first / step);
    }
    return valid(upper ? second + (second - first) : first - (second - first));
  }

  /** What lies between a value and the next one. */
  Optional<String> between(int low) {
    double middle =
        logarithmic(low) ? Math.sqrt(at(low) * at(low + 1)) : (at(low) + at(low + 1)) / 2;
    return valid(middle);
  }

  /** In few digits, as the key takes it, and none that was tried. */
  private Optional<String> valid(double value) {
    SpecKey known =
        SpecKeys.all().stream()
            .filter(one -> one.path().equals("training." + key))
            .findFirst()
            .orElseThrow();
    boolean whole =
        known.type() instanceof ValueType.Whole
            || values.stream().allMatch(text -> Double.parseDouble(text) % 1 == 0);
    double rounded = whole ? Math.rint(value) : new BigDecimal(value).round(DIGITS).doubleValue();
    return Optional.of(Numbers.text(rounded))
        .filter(text -> known.type().problem(text).isEmpty() && place(text) < 0);
  }

  static Comparator<String> ascending() {
    return Comparator.comparing(BigDecimal::new);
  }
}
