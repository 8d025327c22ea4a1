package io.espalier.common.spec;

import java.util.List;

/**
 * A rule across branches by its method and variant. Amounts of training are in the unit of the
 * {@link PruningSpec}.
 */
public sealed interface PruningRule {
  /**
   * Asynchronous successive halving (Li et al., arXiv 1810.05934) as Determined stops by it.
   *
   * @param reductionFactor η ≥ 2
   * @param minResource the first rung, above 0
   */
  record Asha(int reductionFactor, double minResource) implements PruningRule {}

  /** The same as Ray Tune stops by it: worse than the best 1/η of those that came before. */
  record RayAsha(int reductionFactor, double minResource) implements PruningRule {}

  /**
   * The same as its authors have it: a branch rests at every rung until it is promoted to the next.
   */
  record AshaPromotion(int reductionFactor, double minResource) implements PruningRule {}

  /**
   * Optuna's successive halving.
   *
   * @param minEarlyStoppingRate the first rung is at min_resource · η^rate
   * @param bootstrapCount so many that come first to a rung end there
   */
  record SuccessiveHalving(
      int reductionFactor, double minResource, int minEarlyStoppingRate, int bootstrapCount)
      implements PruningRule {}

  /** Brackets of successive halving with later and later first rungs (Li et al. 2018). */
  record Hyperband(int reductionFactor, double minResource) implements PruningRule {}

  /**
   * Optuna's percentile and median.
   *
   * @param percentile 0 to 100: 25 keeps the best quarter
   * @param startupTrials completed ones without which nothing ends
   * @param warmup nothing is judged before it
   * @param interval between judgements
   * @param latest judges the last report instead of the best so far
   */
  record Percentile(
      double percentile, int startupTrials, double warmup, double interval, boolean latest)
      implements PruningRule {}

  /**
   * Vizier's and Ray's median of running averages.
   *
   * @param warmup nothing is judged or averaged before it
   * @param minSamples others without which nothing ends
   */
  record RunningAverage(double warmup, int minSamples, boolean latest) implements PruningRule {}

  /** Optuna's patience: reports that are no better, by more than {@code minDelta}. */
  record Patient(int patience, double minDelta) implements PruningRule {}

  /** Bounds of the metric; infinite where there is none. */
  record Threshold(double lower, double upper, double warmup, double interval)
      implements PruningRule {}

  /** ALTO's: after {@code after} of training the best {@code keep} of a cohort go on. */
  record Alto(double after, double keep) implements PruningRule {}

  /** A branch ends when one of several rules says so. */
  record AnyOf(List<Part> parts) implements PruningRule {
    public AnyOf {
      parts = List.copyOf(parts);
    }
  }

  /** A branch ends when all of several rules say so at the same report. */
  record AllOf(List<Part> parts) implements PruningRule {
    public AllOf {
      parts = List.copyOf(parts);
    }
  }

  /** One of several rules, with its own unit. */
  record Part(PruningRule rule, PruningSpec.Unit unit) {}
}
