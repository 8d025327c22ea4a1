package io.espalier.common.spec;

import io.espalier.common.Numbers;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What ranks the trials.
 *
 * @param metric {@code <set>_<metric>} or {@code train_loss}
 * @param constraints a trial that breaks one ranks below all that break none
 */
public record ObjectiveSpec(String metric, Mode mode, List<Constraint> constraints) {
  public ObjectiveSpec {
    constraints = List.copyOf(constraints);
  }

  /** Whether less or more is better. */
  public enum Mode {
    MIN,
    MAX;

    /** Best first; infinite values after all finite ones, NaN last, whatever the mode. */
    public Comparator<Double> bestFirst() {
      Comparator<Double> finite = Comparator.naturalOrder();
      return Comparator.<Double>comparingInt(
              value -> Double.isNaN(value) ? 2 : Double.isInfinite(value) ? 1 : 0)
          .thenComparing(this == MIN ? finite : finite.reversed());
    }
  }

  /** A bound on a final metric, written {@code retention_accuracy: ">= 0.6"}. */
  public record Constraint(String metric, Comparison comparison, double bound) {
    /** NaN satisfies nothing. */
    public boolean holdsFor(double value) {
      return switch (comparison) {
        case AT_LEAST -> value >= bound;
        case ABOVE -> value > bound;
        case AT_MOST -> value <= bound;
        case BELOW -> value < bound;
      };
    }

    /** In words, where it does not hold. */
    public Optional<String> brokenBy(double value) {
      return holdsFor(value)
          ? Optional.empty()
          : Optional.of(
              "%s %s is not %s %s"
                  .formatted(metric, Numbers.text(value), comparison.sign(), Numbers.text(bound)));
    }
  }

  /** The comparison of a constraint. */
  public enum Comparison {
    AT_LEAST(">="),
    ABOVE(">"),
    AT_MOST("<="),
    BELOW("<");

    private final String sign;

    Comparison(String sign) {
      this.sign = sign;
    }

    public String sign() {
      return sign;
    }
  }
}
