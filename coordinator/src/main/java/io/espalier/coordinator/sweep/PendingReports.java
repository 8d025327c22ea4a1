package io.espalier.coordinator.sweep;

import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What workers report and waits for their rows to be stored. */
final class PendingReports {
  private final Surroundings.Rows rows;
  private final Clock clock;
  private final Set<Awaited> awaited = new HashSet<>();

  /** One that needs fewer rows replaces nothing: both wait, and the first that is whole counts. */
  private record Awaited(SweepNotice settled, long lastSequence) {
    static Awaited of(Reported report) {
      return new Awaited(report.settled(), report.lastSequence());
    }
  }

  PendingReports(Surroundings.Rows rows, Clock clock) {
    this.rows = rows;
    this.clock = clock;
  }

  /** False when the same waits already: it is a repeat. */
  boolean add(Reported report) {
    return awaited.add(Awaited.of(report));
  }

  CompletionStage<Void> rowsOf(Reported report) {
    return rows.whenStored(report.lease(), report.lastSequence());
  }

  /** What the sweep is told once they are stored. */
  SweepInput stored(Reported report) {
    remove(report);
    return report.input(clock.instant());
  }

  /** It may come again. */
  void remove(Reported report) {
    awaited.remove(Awaited.of(report));
  }
}
