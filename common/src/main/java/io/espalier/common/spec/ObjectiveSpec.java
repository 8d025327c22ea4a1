package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.espalier.common.Numbers;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
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

  /** The same with numbers for constraints that are held against the base model's. */
  public ObjectiveSpec against(Map<String, Double> base) {
    return new ObjectiveSpec(
        metric, mode, constraints.stream().map(constraint -> constraint.against(base)).toList());
  }

  /**
   * A bound on a final metric, written {@code retention_accuracy: ">= 0.6"} or {@code
   * retention_loss: "<= 1.05 * base"}.
   *
   * @param ofBase whether {@code bound} is a multiple of what the base model has
   */
  public record Constraint(
      String metric,
      Comparison comparison,
      double bound,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean ofBase) {
    @JsonCreator
    public Constraint {}

    /** A bound that is a number. */
    public Constraint(String metric, Comparison comparison, double bound) {
      this(metric, comparison, bound, false);
    }

    /** As a number, once the base model's is known. */
    public Constraint against(Map<String, Double> base) {
      Double value = base.get(metric);
      return ofBase && value != null ? new Constraint(metric, comparison, bound * value) : this;
    }

    /** {@code >= 0.6}, as a specification has it. */
    public String text() {
      return comparison.sign() + " " + Numbers.text(bound) + (ofBase ? " * base" : "");
    }

    /** NaN satisfies nothing, and nothing satisfies a bound that is not known. */
    public boolean holdsFor(double value) {
      return !ofBase
          && switch (comparison) {
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
          : Optional.of("%s %s is not %s".formatted(metric, Numbers.text(value), text()));
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
