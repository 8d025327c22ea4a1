package io.espalier.coordinator.pruning;

import io.espalier.common.spec.ObjectiveSpec.Mode;

/**
 * What was reported as one number with less being better, in the order in which trials are ranked:
 * first what breaks no constraint, by its value; then what breaks one, by its value; last, and all
 * equal, what is not finite.
 */
final class Cost {
  /** Above all that metrics are; what breaks a constraint is between it and three times it. */
  private static final double BEYOND = 1e300;

  private Cost() {}

  static double of(double value, Mode mode, boolean broken) {
    if (!Double.isFinite(value)) {
      return Double.POSITIVE_INFINITY;
    }
    double cost = signed(value, mode);
    return broken ? BEYOND * (2 + cost / (1 + Math.abs(cost))) : cost;
  }

  /** The value that costs so much; NaN where a rule's limit lies between values of both kinds. */
  static double value(double cost, Mode mode) {
    double kind = cost / BEYOND;
    if (Double.isInfinite(cost) || Math.abs(kind) < 1e-9) {
      return signed(cost, mode);
    }
    double squeezed = kind - 2;
    return Math.abs(squeezed) < 1 ? signed(squeezed / (1 - Math.abs(squeezed)), mode) : Double.NaN;
  }

  private static double signed(double number, Mode mode) {
    return mode == Mode.MIN ? number : -number;
  }
}
