package io.espalier.worker.node;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Checkpoint;
import java.util.ArrayList;
import java.util.List;

/**
 * Checkpoints of one lease of which the coordinator may not know: the newest, and those where other
 * branches begin. Safe from any thread.
 */
final class LeftCheckpoints {
  private final List<Left> untold = new ArrayList<>();
  private final List<Long> forks;

  LeftCheckpoints(List<Long> forks) {
    this.forks = List.copyOf(forks);
  }

  /**
   * A checkpoint in the store.
   *
   * @param lastSequence the last metric row up to it
   */
  record Left(Lease.Key lease, Checkpoint checkpoint, long lastSequence) {}

  synchronized void add(Left newest) {
    untold.removeIf(old -> !forks.contains(old.checkpoint().update()));
    untold.add(newest);
  }

  synchronized void acknowledged(long update) {
    untold.removeIf(left -> left.checkpoint().update() == update);
  }

  synchronized List<Left> untold() {
    return List.copyOf(untold);
  }
}
