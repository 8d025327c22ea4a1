package io.espalier.coordinator.pruning;

import io.espalier.common.trial.Verdict;
import java.util.List;

/** The end of a branch that reports NaN or an infinite value, whatever the rule. */
final class NotFinite {
  private NotFinite() {}

  static Verdict verdict(String rule, String metric, Curve.Point fresh) {
    return new Verdict(
        rule,
        fresh.update(),
        fresh.value(),
        Double.NaN,
        List.of(fresh.value()),
        "%s: %s is %s at update %d".formatted(rule, metric, fresh.value(), fresh.update()));
  }
}
