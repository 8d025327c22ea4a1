package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.List;
import java.util.Optional;

/**
 * A branch ends whose last report is out of bounds.
 *
 * @param lower of the metric itself; may be infinite
 * @param upper likewise
 */
record Threshold(double lower, double upper, Mode mode, Interval interval) implements Rule {
  @Override
  public Optional<Cut> judge(Track own, List<Track> peers) {
    double value = own.last().value();
    if (!interval.looksAt(own) || (value >= lower && value <= upper)) {
      return Optional.empty();
    }
    double limit = value < lower ? lower : upper;
    return Optional.of(
        new Cut(
            Cost.of(limit, mode, false),
            List.of(),
            "is %s %s".formatted(value < lower ? "below" : "above", Numbers.text(limit))));
  }
}
