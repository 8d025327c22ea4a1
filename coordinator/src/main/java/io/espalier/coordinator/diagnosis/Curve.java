package io.espalier.coordinator.diagnosis;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.DoubleStream;

/**
 * What was measured of one trial.
 *
 * @param updates in their order
 * @param evaluations in their order
 * @param base loss of what it started from, where it is known
 */
record Curve(List<Step> updates, List<Evaluated> evaluations, OptionalDouble base) {
  Curve {
    updates = List.copyOf(updates);
    evaluations = List.copyOf(evaluations);
  }

  /**
   * An update.
   *
   * @param epoch epochs done with it
   */
  record Step(long update, double epoch, double loss, double gradNorm, double learningRate) {
    boolean finite() {
      return Double.isFinite(loss) && Double.isFinite(gradNorm);
    }
  }

  /**
   * An evaluation.
   *
   * @param step how many updates were done
   */
  record Evaluated(int step, long update, Map<String, Double> metrics) {
    Evaluated {
      metrics = Map.copyOf(metrics);
    }
  }

  static Curve of(List<MetricRow> rows, OptionalDouble base) {
    List<Step> updates = new ArrayList<>();
    Map<Long, Map<String, Double>> evaluations = new TreeMap<>();
    Map<Long, Integer> steps = new TreeMap<>();
    for (MetricRow row :
        rows.stream().sorted(Comparator.comparingLong(MetricRow::update)).toList()) {
      if (row.measurement() instanceof Measurement.Update made) {
        updates.add(
            new Step(
                row.update(), row.epoch(), made.trainLoss(), made.gradNorm(), made.learningRate()));
      } else if (row.measurement() instanceof Measurement.Evaluation value) {
        evaluations
            .computeIfAbsent(row.update(), update -> new TreeMap<>())
            .put(value.name(), value.value());
      }
      steps.put(row.update(), updates.size());
    }
    List<Evaluated> evaluated = new ArrayList<>();
    evaluations.forEach(
        (update, metrics) ->
            evaluated.add(new Evaluated(steps.getOrDefault(update, 0), update, metrics)));
    return new Curve(updates, evaluated, base);
  }

  /** Whether it has neither so many updates nor so many epochs. */
  boolean tooShort(int leastUpdates, int leastEpochs) {
    return updates.size() < leastEpochs
        || (updates.size() < leastUpdates
            && updates.get(updates.size() - 1).epoch() < leastEpochs - 0.5);
  }

  /** Mean loss of some updates, from included to excluded. */
  double loss(int from, int to) {
    return updates.subList(from, to).stream().mapToDouble(Step::loss).average().orElse(Double.NaN);
  }

  /** Median loss of some updates, one at least. */
  double medianLoss(int from, int to) {
    return median(updates.subList(from, to).stream().mapToDouble(Step::loss));
  }

  /** Median gradient norm of some updates, one at least. */
  double norm(int from, int to) {
    return median(updates.subList(from, to).stream().mapToDouble(Step::gradNorm));
  }

  private static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /**
   * Updates at the beginning and at the end whose losses can be compared: an epoch's, for it has
   * the same rows; a fifth where there is but one.
   */
  int comparable() {
    int count = updates.size();
    int first = (int) updates.stream().takeWhile(step -> step.epoch() <= 1).count();
    return Math.max(1, 2 * first <= count ? first : count / 5);
  }

  /** A metric at each evaluation that measured it. */
  List<Double> values(String metric) {
    return evaluations.stream()
        .filter(one -> one.metrics().containsKey(metric))
        .map(one -> one.metrics().getOrDefault(metric, Double.NaN))
        .toList();
  }
}
