package io.espalier.common.metrics;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One measurement of a branch, as it is streamed and stored.
 *
 * @param sequence counts the rows of this attempt from 1, without gaps
 * @param update the optimizer update it belongs to, from 1; 0 for what is measured before the first
 * @param epoch epochs done, fractional
 * @param samples rows trained on so far
 * @param tokens tokens trained on so far, padding not counted
 * @param time when the worker measured it, cut to microseconds
 */
public record MetricRow(
    SweepId sweep,
    BranchId branch,
    Attempt attempt,
    long sequence,
    long update,
    double epoch,
    long samples,
    long tokens,
    Instant time,
    Measurement measurement) {
  public MetricRow {
    time = time.truncatedTo(ChronoUnit.MICROS);
  }

  /** Whose row it is. */
  public Lease.Key lease() {
    return new Lease.Key(sweep, branch, attempt);
  }

  /** As {@code lease().equals(other)}, without making a key for each row. */
  public boolean isOf(Lease.Key other) {
    return attempt.equals(other.attempt())
        && branch.equals(other.branch())
        && sweep.equals(other.sweep());
  }
}
