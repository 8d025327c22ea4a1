package io.espalier.common.spec;

import java.util.List;
import java.util.Map;

/**
 * What ends the hopeless trials.
 *
 * @param metric {@code <set>_<metric>}, measured at every epoch
 * @param mode which way it is better
 * @param unit of the rule's amounts of training
 * @param compare which trials are compared before their ends
 * @param constraints those of the objective whose metrics are measured as often: what breaks one is
 *     compared as worse than all that breaks none
 */
public record PruningSpec(
    String metric,
    ObjectiveSpec.Mode mode,
    PruningRule rule,
    Unit unit,
    Compare compare,
    List<ObjectiveSpec.Constraint> constraints) {
  public PruningSpec {
    constraints = List.copyOf(constraints);
  }

  /** What an amount of training is counted in. */
  public enum Unit {
    EPOCHS,
    /** Training rows seen. */
    SAMPLES,
    /** Share of a trial's own training; where all are compared, of the longest. */
    FRACTION;

    /**
     * An amount in epochs.
     *
     * @param horizon epochs of the whole training
     * @param samples training rows of an epoch
     */
    public double epochs(double amount, double horizon, long samples) {
      return switch (this) {
        case EPOCHS -> amount;
        case SAMPLES -> amount / samples;
        case FRACTION -> amount * horizon;
      };
    }
  }

  /** Which trials a rule compares with each other. */
  public enum Compare {
    /** Those whose learning rate has the same shape over the same length. */
    ALIKE,
    /** All, at equal amounts of training. */
    ALL
  }

  /** Determined's asynchronous successive halving, by epochs. */
  public static PruningSpec asha(
      String metric, ObjectiveSpec.Mode mode, int reductionFactor, int minResource) {
    return new PruningSpec(
        metric,
        mode,
        new PruningRule.Asha(reductionFactor, minResource),
        Unit.EPOCHS,
        Compare.ALIKE,
        List.of());
  }

  /** The same with numbers for constraints that are held against the base model's. */
  public PruningSpec against(Map<String, Double> base) {
    return new PruningSpec(
        metric,
        mode,
        rule,
        unit,
        compare,
        constraints.stream().map(constraint -> constraint.against(base)).toList());
  }

  /** The same of another rule. */
  public PruningSpec of(PruningRule.Part part) {
    return new PruningSpec(metric, mode, part.rule(), part.unit(), compare, constraints);
  }
}
