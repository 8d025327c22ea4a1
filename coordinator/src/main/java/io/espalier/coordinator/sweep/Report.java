package io.espalier.coordinator.sweep;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;

/**
 * One metric of one evaluation set at one point of a branch, as the sweep decides on it.
 *
 * @param update from 1; 0 before the first
 * @param epoch epochs done, fractional
 * @param samples rows trained on so far
 * @param value may be NaN or infinite
 */
public record Report(
    long update, double epoch, long samples, String set, String metric, double value) {

  public static Report of(MetricRow row, Measurement.Evaluation evaluation) {
    return new Report(
        row.update(),
        row.epoch(),
        row.samples(),
        evaluation.set(),
        evaluation.metric(),
        evaluation.value());
  }

  /** {@code <set>_<metric>}, the name specs and tables use. */
  public String name() {
    return set + "_" + metric;
  }

  /** Whether both report the same thing at the same place: then the first one counts. */
  boolean samePoint(Report other) {
    return update == other.update && set.equals(other.set) && metric.equals(other.metric);
  }
}
