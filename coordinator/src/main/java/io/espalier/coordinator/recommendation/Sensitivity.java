package io.espalier.coordinator.recommendation;

import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.TrialView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * How much of the differences between trials each key explains by itself: the variance between the
 * means of its values as a share of all variance (the main effect of an analysis of variance), over
 * the trials' places by the objective. A trial without a finite value shares the last place, so
 * that what diverges counts, however far it went.
 */
final class Sensitivity {
  private Sensitivity() {}

  /** By key, 0 to 1; empty where fewer than two places differ. */
  static Map<String, Double> of(ObjectiveSpec objective, List<TrialView> trials) {
    Map<TrialView, Double> places = places(objective, trials);
    double mean = mean(places.values());
    double all = places.values().stream().mapToDouble(place -> square(place - mean)).sum();
    var shares = new LinkedHashMap<String, Double>();
    if (all == 0) {
      return shares;
    }
    trials.stream()
        .flatMap(trial -> trial.config().point().keySet().stream())
        .distinct()
        .forEach(
            key -> {
              Map<String, List<Double>> groups = new HashMap<>();
              places.forEach(
                  (trial, place) ->
                      groups
                          .computeIfAbsent(
                              trial.config().point().getOrDefault(key, ""),
                              value -> new ArrayList<>())
                          .add(place));
              double between =
                  groups.values().stream()
                      .mapToDouble(group -> group.size() * square(mean(group) - mean))
                      .sum();
              if (groups.size() > 1) {
                shares.put(key, between / all);
              }
            });
    return shares;
  }

  private static Map<TrialView, Double> places(ObjectiveSpec objective, List<TrialView> trials) {
    List<Double> values = trials.stream().map(trial -> value(objective, trial)).toList();
    Map<TrialView, Double> places = new LinkedHashMap<>();
    for (int i = 0; i < trials.size(); i++) {
      double own = values.get(i);
      long better =
          values.stream()
              .filter(other -> objective.mode().bestFirst().compare(other, own) < 0)
              .count();
      long equal = values.stream().filter(other -> Double.compare(other, own) == 0).count();
      places.put(trials.get(i), better + (equal - 1) / 2.0);
    }
    return places;
  }

  private static double value(ObjectiveSpec objective, TrialView trial) {
    OptionalDouble value = Ranking.value(objective.metric(), trial);
    boolean ended =
        trial.result().filter(result -> result.outcome().word().equals("completed")).isPresent();
    return ended && value.isPresent() && Double.isFinite(value.getAsDouble())
        ? value.getAsDouble()
        : Double.NaN;
  }

  private static double mean(Collection<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
  }

  private static double square(double value) {
    return value * value;
  }
}
