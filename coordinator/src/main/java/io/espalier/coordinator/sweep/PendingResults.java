package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import java.time.Clock;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Results of workers that wait for their rows to be stored. */
final class PendingResults {
  private final Surroundings.Rows rows;
  private final Clock clock;
  private final Set<Lease.Key> awaited = new HashSet<>();

  PendingResults(Surroundings.Rows rows, Clock clock) {
    this.rows = rows;
    this.clock = clock;
  }

  /** False when the lease's result waits already: it is a repeat. */
  boolean add(SweepActor.BranchEnded result) {
    return awaited.add(result.lease());
  }

  CompletionStage<Void> rowsOf(SweepActor.BranchEnded result) {
    return rows.whenStored(result.lease(), result.lastSequence());
  }

  /** What the sweep is told once they are stored. */
  SweepInput stored(SweepActor.BranchEnded result) {
    remove(result);
    return new SweepInput.BranchEnded(
        result.lease().branch(), result.lease().attempt(), result.results(), clock.instant());
  }

  /** It may come again. */
  void remove(SweepActor.BranchEnded result) {
    awaited.remove(result.lease());
  }
}
