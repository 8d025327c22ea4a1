package io.espalier.coordinator.pruning;

import io.espalier.common.Numbers;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where a pruner cannot act, or not as its user may think. Pure.
 *
 * @param samples training rows of an epoch
 */
public record PruningLimits(PruningSpec spec, long samples) {

  /**
   * Of branches that are compared with each other.
   *
   * @param branches how many they are
   * @return what to know of them; empty when there is nothing to say
   */
  public Optional<String> of(Cohort cohort, int branches) {
    PruningRule rule = spec.rule();
    if (rule instanceof PruningRule.AnyOf any) {
      return ofEach(any.parts(), cohort, branches);
    } else if (rule instanceof PruningRule.AllOf all) {
      return ofEach(all.parts(), cohort, branches);
    }
    if (branches == 1
        && !(rule instanceof PruningRule.Patient || rule instanceof PruningRule.Threshold)) {
      return Optional.of("with none to compare: never pruned");
    }
    if (rule instanceof PruningRule.Asha asha) {
      return halving(
          asha.reductionFactor(),
          branches,
          AshaStopping.rungs(
                  asha.reductionFactor(), epochs(asha.minResource(), cohort), cohort.horizon())
              .isEmpty());
    } else if (rule instanceof PruningRule.AshaPromotion asha) {
      double first = epochs(asha.minResource(), cohort);
      return halving(
          asha.reductionFactor(),
          branches,
          AshaPromotion.rungs(asha.reductionFactor(), first, cohort.horizon()).isEmpty());
    } else if (rule instanceof PruningRule.RayAsha asha) {
      return halving(asha.reductionFactor(), branches, tooLate(asha.minResource(), cohort));
    } else if (rule instanceof PruningRule.SuccessiveHalving halving) {
      double first =
          halving.minResource()
              * Math.pow(halving.reductionFactor(), halving.minEarlyStoppingRate());
      return halving(halving.reductionFactor(), branches, tooLate(first, cohort));
    } else if (rule instanceof PruningRule.Hyperband hyperband) {
      return halving(
          hyperband.reductionFactor(),
          branches,
          epochs(hyperband.minResource(), cohort) * hyperband.reductionFactor() > cohort.horizon());
    } else if (rule instanceof PruningRule.Percentile percentile) {
      int needed = Math.max(1, percentile.startupTrials());
      return Optional.of(
          needed >= branches
              ? "too few: it needs %d completed before one is judged".formatted(needed)
              : "judged are only those that still train when %d have completed".formatted(needed));
    } else if (rule instanceof PruningRule.RunningAverage average) {
      return average.minSamples() >= branches
          ? Optional.of("too few: it needs %d others".formatted(average.minSamples()))
          : late(average.warmup(), cohort);
    } else if (rule instanceof PruningRule.Alto alto) {
      return late(alto.after(), cohort);
    }
    return Optional.empty();
  }

  private Optional<String> ofEach(List<PruningRule.Part> parts, Cohort cohort, int branches) {
    String each =
        parts.stream()
            .flatMap(
                part -> new PruningLimits(spec.of(part), samples).of(cohort, branches).stream())
            .distinct()
            .collect(Collectors.joining("; "));
    return each.isEmpty() ? Optional.empty() : Optional.of(each);
  }

  private static Optional<String> halving(int eta, int branches, boolean noRung) {
    if (noRung) {
      return Optional.of("too short for a rung: never pruned");
    }
    return branches < eta
        ? Optional.of("fewer than reduction_factor %d: one goes on at each rung".formatted(eta))
        : Optional.empty();
  }

  private Optional<String> late(double amount, Cohort cohort) {
    return tooLate(amount, cohort)
        ? Optional.of(
            "ended before %s epochs: never pruned".formatted(Numbers.text(epochs(amount, cohort))))
        : Optional.empty();
  }

  private boolean tooLate(double amount, Cohort cohort) {
    return epochs(amount, cohort) >= cohort.horizon();
  }

  private double epochs(double amount, Cohort cohort) {
    return spec.unit().epochs(amount, cohort.horizon(), samples);
  }
}
