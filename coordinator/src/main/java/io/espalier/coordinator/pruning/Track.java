package io.espalier.coordinator.pruning;

import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * The reports of one branch, as a rule sees them.
 *
 * @param reports by ascending resource
 * @param completed whether it trained to its end
 */
record Track(List<Report> reports, boolean completed) {
  Track {
    reports = List.copyOf(reports);
  }

  Report last() {
    return reports.get(reports.size() - 1);
  }

  /** Without the last report. */
  Track before() {
    return new Track(reports.subList(0, reports.size() - 1), false);
  }

  /** The first report at or after so much. */
  Optional<Report> at(double resource) {
    return reports.stream().filter(report -> report.resource() >= resource).findFirst();
  }

  /** Whether it ever came so far. */
  boolean reached(double resource) {
    return !reports.isEmpty() && last().resource() >= resource;
  }

  DoubleStream costs() {
    return reports.stream().mapToDouble(Report::cost);
  }
}
