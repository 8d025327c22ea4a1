package io.espalier.coordinator.sweep;

import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Results of workers that wait for their rows to be stored. */
final class PendingResults {
  private final Surroundings.Rows rows;
  private final Clock clock;
  private final Set<Awaited> awaited = new HashSet<>();

  /** One that needs fewer rows replaces nothing: both wait, and the first that is whole counts. */
  private record Awaited(SweepNotice settled, long lastSequence) {
    static Awaited of(SweepActor.Results result) {
      return new Awaited(result.settled(), result.lastSequence());
    }
  }

  PendingResults(Surroundings.Rows rows, Clock clock) {
    this.rows = rows;
    this.clock = clock;
  }

  /** False when the same waits already: it is a repeat. */
  boolean add(SweepActor.Results result) {
    return awaited.add(Awaited.of(result));
  }

  CompletionStage<Void> rowsOf(SweepActor.Results result) {
    return rows.whenStored(result.lease(), result.lastSequence());
  }

  /** What the sweep is told once they are stored. */
  SweepInput stored(SweepActor.Results result) {
    remove(result);
    return result.input(clock.instant());
  }

  /** It may come again. */
  void remove(SweepActor.Results result) {
    awaited.remove(Awaited.of(result));
  }
}
