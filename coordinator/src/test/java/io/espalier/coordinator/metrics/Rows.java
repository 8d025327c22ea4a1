package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.List;
import java.util.stream.LongStream;

/** Metric rows for tests. */
final class Rows {
  static final SweepId SWEEP = new SweepId("lr-1");

  private Rows() {}

  static Lease.Key lease(int branch, long attempt) {
    return new Lease.Key(SWEEP, new BranchId(branch), new Attempt(1, attempt));
  }

  /** Rows of these sequences, one update each. */
  static List<MetricRow> updates(Lease.Key lease, long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(n -> row(lease, n, n, new Measurement.Update(1.0 / n, 1e-3, 0.5, 100)))
        .toList();
  }

  static MetricRow row(Lease.Key lease, long sequence, long update, Measurement measurement) {
    return new MetricRow(
        lease.sweep(),
        lease.branch(),
        lease.attempt(),
        sequence,
        update,
        update / 10.0,
        update * 4,
        update * 100,
        Instant.parse("2026-01-01T00:00:00.000001Z").plusSeconds(update),
        measurement);
  }
}
