package io.espalier.coordinator.pruning;

import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Makes a spec's pruner: its amounts of training in epochs of each cohort.
 *
 * @param samples training rows of an epoch
 */
record Pruners(PruningSpec spec, List<Branch> branches, long samples) {

  Pruner pruner() {
    PruningRule asked = spec.rule();
    if (asked instanceof PruningRule.Asha asha) {
      return AshaStopping.of(spec, asha, branches, samples);
    } else if (asked instanceof PruningRule.AshaPromotion asha) {
      return AshaPromotion.of(spec, asha, branches, samples);
    } else if (asked instanceof PruningRule.RayAsha asha) {
      return by(
          "asha",
          cohort ->
              new RayAsha(
                  asha.reductionFactor(), epochs(asha.minResource(), cohort), cohort.horizon()));
    } else if (asked instanceof PruningRule.SuccessiveHalving halving) {
      return by(
          "successive_halving",
          cohort ->
              new SuccessiveHalving(
                  epochs(halving.minResource(), cohort),
                  halving.reductionFactor(),
                  halving.minEarlyStoppingRate(),
                  halving.bootstrapCount()));
    } else if (asked instanceof PruningRule.Hyperband hyperband) {
      return hyperband(hyperband);
    } else if (asked instanceof PruningRule.Percentile percentile) {
      return by(
          percentile.percentile() == 50 ? "median" : "percentile",
          cohort ->
              new WorseThanCompleted(
                  percentile.percentile(),
                  percentile.startupTrials(),
                  interval(percentile.warmup(), percentile.interval(), cohort),
                  percentile.latest()));
    } else if (asked instanceof PruningRule.RunningAverage average) {
      return by(
          "median",
          cohort ->
              new RunningAverage(
                  epochs(average.warmup(), cohort), average.minSamples(), average.latest()));
    } else if (asked instanceof PruningRule.Patient patient) {
      return by("patient", cohort -> new Patient(patient.patience(), patient.minDelta()));
    } else if (asked instanceof PruningRule.Threshold threshold) {
      return by(
          "threshold",
          cohort ->
              new Threshold(
                  threshold.lower(),
                  threshold.upper(),
                  spec.mode(),
                  interval(threshold.warmup(), threshold.interval(), cohort)));
    } else if (asked instanceof PruningRule.Alto alto) {
      return by("alto", cohort -> new KeepBest(epochs(alto.after(), cohort), alto.keep()));
    } else if (asked instanceof PruningRule.AnyOf any) {
      return new Combined(spec.metric(), pruners(any.parts()), 1);
    } else if (asked instanceof PruningRule.AllOf all) {
      return new Combined(spec.metric(), pruners(all.parts()), all.parts().size());
    }
    throw new IllegalArgumentException("no pruner for " + asked);
  }

  private List<Pruner> pruners(List<PruningRule.Part> parts) {
    return parts.stream()
        .map(part -> new Pruners(spec.of(part), branches, samples).pruner())
        .toList();
  }

  private double epochs(double amount, Cohort cohort) {
    return spec.unit().epochs(amount, cohort.horizon(), samples);
  }

  private Interval interval(double warmup, double every, Cohort cohort) {
    return new Interval(epochs(warmup, cohort), epochs(every, cohort));
  }

  private Pruner by(String name, Function<Cohort, Rule> rule) {
    return new RulePruner(
        name,
        spec,
        Member.each(spec, branches, samples),
        member -> rule.apply(member.cohort()),
        samples);
  }

  private Pruner hyperband(PruningRule.Hyperband asked) {
    Map<BranchId, Member> members = new HashMap<>();
    Map<Cohort, Integer> places = new HashMap<>();
    Member.each(spec, branches, samples).values().stream()
        .sorted(Comparator.comparing(Member::id))
        .forEach(
            member -> {
              int place = places.merge(member.cohort(), 1, Integer::sum) - 1;
              int bracket = brackets(asked, member.cohort()).of(place);
              members.put(member.id(), member.inBracket(bracket));
            });
    return new RulePruner(
        "hyperband",
        spec,
        members,
        member -> brackets(asked, member.cohort()).rule(member.bracket()),
        samples);
  }

  private Brackets brackets(PruningRule.Hyperband asked, Cohort cohort) {
    return new Brackets(
        asked.reductionFactor(), epochs(asked.minResource(), cohort), cohort.horizon());
  }
}
