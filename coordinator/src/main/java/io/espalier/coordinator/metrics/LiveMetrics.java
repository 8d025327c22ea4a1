package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.LiveUpdate;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The newest update row of each branch, for progress displays. Any thread may ask. */
public final class LiveMetrics {
  private final Map<SweepId, Map<BranchId, MetricRow>> latest = new ConcurrentHashMap<>();

  /** The newest row whose measurement is an {@link Measurement.Update}, of the highest attempt. */
  public Optional<MetricRow> latest(SweepId sweep, BranchId branch) {
    return Optional.ofNullable(latest.getOrDefault(sweep, Map.of()).get(branch));
  }

  /** The newest update of each branch that has one, by branch. */
  public List<LiveUpdate> updates(SweepId sweep) {
    return latest.getOrDefault(sweep, Map.of()).values().stream()
        .flatMap(
            row ->
                row.measurement() instanceof Measurement.Update update
                    ? Stream.of(LiveUpdate.of(row, update))
                    : Stream.of())
        .sorted(Comparator.comparing(LiveUpdate::branch))
        .toList();
  }

  /** A sweep has ended: nobody asks for it again. */
  public void forget(SweepId sweep) {
    latest.remove(sweep);
  }

  /**
   * @param rows of one lease, in their order
   */
  void accept(List<MetricRow> rows) {
    for (int i = rows.size() - 1; i >= 0; i--) {
      MetricRow row = rows.get(i);
      if (row.measurement() instanceof Measurement.Update) {
        latest
            .computeIfAbsent(row.sweep(), sweep -> new ConcurrentHashMap<>())
            .merge(row.branch(), row, LiveMetrics::newer);
        return;
      }
    }
  }

  private static MetricRow newer(MetricRow one, MetricRow other) {
    int attempts = one.attempt().compareTo(other.attempt());
    return attempts > 0 || (attempts == 0 && one.sequence() > other.sequence()) ? one : other;
  }
}
