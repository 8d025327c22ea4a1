package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialResult;
import java.time.Instant;

/**
 * What a worker reports of a lease. It counts once its rows are stored, and is answered then, also
 * when it does not count.
 */
public sealed interface Reported {
  /** The message. */
  ToCoordinator.OfLease said();

  default Lease.Key lease() {
    return said().lease();
  }

  /** The last row that has to be stored before. */
  default long lastSequence() {
    return said().lastSequence();
  }

  /** Answers it. */
  SweepNotice settled();

  /** What it means. */
  SweepInput input(Instant now);

  /** Whether it is answered now; else the worker repeats it. */
  default boolean isSettled(Sweep after) {
    return true;
  }

  /** Its branch is done, or rests. */
  record Ended(ToCoordinator.BranchEnded said) implements Reported {
    @Override
    public SweepNotice settled() {
      return new SweepNotice.Settled(said.worker(), said.lease());
    }

    @Override
    public SweepInput input(Instant now) {
      BranchId branch = said.lease().branch();
      Attempt attempt = said.lease().attempt();
      return said.rested().isPresent()
          ? new SweepInput.BranchRested(branch, attempt, said.rested().get(), said.results(), now)
          : new SweepInput.BranchEnded(branch, attempt, said.results(), now);
    }
  }

  /** Trials ended on a branch that goes on beyond them. */
  record Reached(ToCoordinator.MilestonesReached said) implements Reported {
    @Override
    public SweepNotice settled() {
      return new SweepNotice.MilestonesSettled(
          said.worker(), said.lease(), said.results().stream().map(TrialResult::trial).toList());
    }

    @Override
    public SweepInput input(Instant now) {
      return new SweepInput.MilestonesReached(
          said.lease().branch(), said.lease().attempt(), said.results(), now);
    }
  }

  /** A checkpoint is in the store. */
  record Left(ToCoordinator.CheckpointLeft said) implements Reported {
    @Override
    public SweepNotice settled() {
      return new SweepNotice.CheckpointSettled(
          said.worker(), said.lease(), said.checkpoint().update());
    }

    @Override
    public SweepInput input(Instant now) {
      return new SweepInput.CheckpointLeft(
          said.lease().branch(), said.lease().attempt(), said.checkpoint(), now);
    }

    @Override
    public boolean isSettled(Sweep after) {
      return !after.isCurrent(said.lease().branch(), said.lease().attempt())
          || !after.isTooEarly(said.lease().branch(), said.checkpoint());
    }
  }
}
