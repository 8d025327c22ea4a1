package io.espalier.common.spec;

import java.util.List;
import java.util.Map;

/**
 * What ends the hopeless trials.
 *
 * @param metric {@code <set>_<metric>}, measured at every epoch
 * @param mode which way it is better
 * @param unit of the rule's amounts of training
 * @param constraints those of the objective whose metrics are measured as often: what breaks one is
 *     compared as worse than all that breaks none
 */
public record PruningSpec(
    String metric,
    ObjectiveSpec.Mode mode,
    PruningRule rule,
    Unit unit,
    List<ObjectiveSpec.Constraint> constraints) {
  public PruningSpec {
    constraints = List.copyOf(constraints);
  }

  /** What an amount of training is counted in. */
  public enum Unit {
    EPOCHS,
    /** Training rows seen. */
    SAMPLES,
    /** Share of a trial's own training. */
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

  /** Determined's asynchronous successive halving, by epochs. */
  public static PruningSpec asha(
      String metric, ObjectiveSpec.Mode mode, int reductionFactor, int minResource) {
    return new PruningSpec(
        metric, mode, new PruningRule.Asha(reductionFactor, minResource), Unit.EPOCHS, List.of());
  }

  /** The same with numbers for constraints that are held against the base model's. */
  public PruningSpec against(Map<String, Double> base) {
    return new PruningSpec(
        metric,
        mode,
        rule,
        unit,
        constraints.stream().map(constraint -> constraint.against(base)).toList());
  }

  /** The same of another rule. */
  public PruningSpec of(PruningRule.Part part) {
    return new PruningSpec(metric, mode, part.rule(), part.unit(), constraints);
  }
}
