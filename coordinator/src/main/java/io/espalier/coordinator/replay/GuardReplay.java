package io.espalier.coordinator.replay;

import io.espalier.common.guard.Baseline;
import io.espalier.common.guard.Guards;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What guards would have said to one branch's recorded rows. Lowered learning rates are not told
 * apart: what was recorded is what came of those that were used.
 */
final class GuardReplay {
  private GuardReplay() {}

  /** Where it would have ended. */
  record End(double epoch, Verdict verdict) {}

  /**
   * @param rows of a branch and of the way to it
   */
  static Optional<End> end(GuardSpec spec, Baseline baseline, List<MetricRow> rows) {
    var guards = new Guards(spec, baseline);
    var epoch = new ArrayList<Double>();
    List<List<MetricRow>> updates =
        List.copyOf(
            rows.stream()
                .sorted(Comparator.comparingLong(MetricRow::update))
                .collect(
                    Collectors.groupingBy(MetricRow::update, TreeMap::new, Collectors.toList()))
                .values());
    double begun = 0;
    for (List<MetricRow> update : updates) {
      MetricRow first = update.get(0);
      Optional<Verdict> verdict = Optional.empty();
      if (Math.ceil(first.epoch()) > begun) {
        begun = Math.ceil(first.epoch());
        epoch.clear();
      }
      Map<String, Double> metrics = new TreeMap<>();
      for (MetricRow row : update) {
        if (row.measurement() instanceof Measurement.Update made) {
          epoch.add(made.trainLoss());
          verdict = guards.judge(row.update(), made.trainLoss(), made.gradNorm());
        } else if (row.measurement() instanceof Measurement.Evaluation value) {
          metrics.put(value.name(), value.value());
        }
      }
      if (verdict.isEmpty() && !metrics.isEmpty()) {
        verdict = guards.evaluated(first.update(), mean(epoch), metrics);
      }
      if (verdict.isPresent()) {
        return Optional.of(new End(first.epoch(), verdict.get()));
      }
    }
    return Optional.empty();
  }

  private static OptionalDouble mean(List<Double> losses) {
    return losses.stream().mapToDouble(Double::doubleValue).average();
  }
}
