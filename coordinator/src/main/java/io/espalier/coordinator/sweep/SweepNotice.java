package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/** What sweeps tell the fleet, always after it is journaled. */
public sealed interface SweepNotice {

  /**
   * First of all notices of a life: these sweeps are about to introduce themselves, oldest first.
   */
  record Recovering(List<SweepId> sweeps) implements SweepNotice {
    public Recovering {
      sweeps = List.copyOf(sweeps);
    }
  }

  /**
   * The sweep's actor has recovered; replaces all that was known of the sweep.
   *
   * @param leases current attempts and who holds them
   * @param ending those of them that shall end, and how
   * @param preparation the open task of reading the data, and whose it is
   */
  record Ready(
      SweepId sweep,
      ActorRef<SweepActor.Command> actor,
      Map<Lease.Key, WorkerId> leases,
      Map<Lease.Key, Halt> ending,
      Optional<Preparation> preparation)
      implements SweepNotice {
    public Ready {
      leases = Map.copyOf(leases);
      ending = Map.copyOf(ending);
    }
  }

  /** A worker's task of reading the data. */
  record Preparation(WorkerId worker, ToWorker.Prepare task) {}

  /** There is something to do for a worker with room. */
  record Waiting(SweepId sweep) implements SweepNotice {}

  /** Answers each {@link SweepInput.Ask}; both may be empty. */
  record Work(
      SweepId sweep, WorkerId worker, List<Lease> leases, Optional<ToWorker.Prepare> prepare)
      implements SweepNotice {
    public Work {
      leases = List.copyOf(leases);
    }
  }

  /** The data is read, or never will be, or not by this worker. */
  record PreparationOver(SweepId sweep) implements SweepNotice {}

  /** A branch shall end. */
  record Ending(Lease.Key lease, Halt halt) implements SweepNotice {}

  /** A branch that was to end shall not, if it still trains. */
  record GoingOn(Lease.Key lease) implements SweepNotice {}

  /** An attempt no longer counts. */
  record Released(Lease.Key lease) implements SweepNotice {}

  /** These trials' results are journaled, or not needed any more. */
  record MilestonesSettled(WorkerId worker, Lease.Key lease, List<TrialId> trials)
      implements SweepNotice {
    public MilestonesSettled {
      trials = List.copyOf(trials);
    }
  }

  /** A checkpoint is journaled, or not needed. */
  record CheckpointSettled(WorkerId worker, Lease.Key lease, long update) implements SweepNotice {}

  /** A worker's result is journaled, or not needed any more. */
  record Settled(WorkerId worker, Lease.Key lease) implements SweepNotice {}

  /** A worker failed a branch; {@code everywhere} when it has failed at several places. */
  record Failed(SweepId sweep, BranchId branch, WorkerId worker, String reason, boolean everywhere)
      implements SweepNotice {}

  /** The holder of this lease has trained a trial to its end. */
  record Trained(Lease.Key lease) implements SweepNotice {}

  /** Nothing is left to do for a sweep. */
  record Finished(SweepId sweep) implements SweepNotice {}
}
