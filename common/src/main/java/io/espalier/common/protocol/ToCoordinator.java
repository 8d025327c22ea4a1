package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;

/** What a worker says to the coordinator's fleet. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ToCoordinator.Register.class, name = "register"),
  @JsonSubTypes.Type(value = ToCoordinator.Offer.class, name = "offer"),
  @JsonSubTypes.Type(value = ToCoordinator.Prepared.class, name = "prepared"),
  @JsonSubTypes.Type(value = ToCoordinator.PreparationFailed.class, name = "preparation-failed"),
  @JsonSubTypes.Type(value = ToCoordinator.Unfit.class, name = "unfit"),
  @JsonSubTypes.Type(value = ToCoordinator.MilestonesReached.class, name = "milestones-reached"),
  @JsonSubTypes.Type(value = ToCoordinator.CheckpointLeft.class, name = "checkpoint-left"),
  @JsonSubTypes.Type(value = ToCoordinator.BranchEnded.class, name = "branch-ended")
})
public sealed interface ToCoordinator extends ClusterMessage {

  /** Under this key the active coordinator's fleet is found. */
  ServiceKey<ToCoordinator> FLEET = ServiceKey.create(ToCoordinator.class, "espalier-fleet");

  WorkerId worker();

  /** What is told of a lease, and counts once its rows are stored. */
  interface OfLease {
    Lease.Key lease();

    /** The last of those rows. */
    long lastSequence();
  }

  /**
   * First message of a worker, and again after each rejoin. Answered by {@link ToWorker.Registered}
   * or {@link ToWorker.Refused}.
   *
   * @param protocolVersion {@link ProtocolVersion#CURRENT} of the sender
   * @param device for people: {@code cpu, 2 lanes}, {@code cuda:0 NVIDIA H200}
   * @param slots branches it can train at a time, as far as it knows
   * @param settings absent from versions before 3
   * @param holding leases it still works on
   */
  record Register(
      WorkerId worker,
      int protocolVersion,
      Optional<ClusterSettings> settings,
      String host,
      String device,
      int slots,
      List<Lease.Key> holding,
      ActorRef<ToWorker> replyTo)
      implements ToCoordinator {
    public Register {
      holding = List.copyOf(holding);
    }
  }

  /**
   * Sent at once when a slot becomes free, and every few seconds as a sign of life. Answered by
   * {@link ToWorker.Heard}, and by {@link ToWorker.Grant} for each branch there is.
   *
   * @param slots branches it can train at a time; what they are decides how many that is
   * @param freeSlots slots without a lease
   * @param holding leases it works on; one it was granted and does not name is lost
   */
  record Offer(WorkerId worker, int slots, int freeSlots, List<Lease.Key> holding)
      implements ToCoordinator {
    public Offer {
      holding = List.copyOf(holding);
    }
  }

  /** Answers {@link ToWorker.Prepare}. */
  record Prepared(WorkerId worker, SweepId sweep, DatasetSummary summary)
      implements ToCoordinator {}

  /**
   * Answers {@link ToWorker.Prepare}: the spec cannot be run.
   *
   * @param problem names the file, line or key, what was expected and what to do
   * @param onlyHere whether another worker may do it: this one lacks a file, or its disk or memory
   *     failed; false from earlier versions, which did not ask
   */
  record PreparationFailed(WorkerId worker, SweepId sweep, String problem, boolean onlyHere)
      implements ToCoordinator {}

  /**
   * This worker must not train a sweep's branches: it reads another model or other data, or cannot
   * read them. It has dropped the sweep's leases.
   *
   * @param reason names what differs or is missing here
   */
  record Unfit(WorkerId worker, SweepId sweep, String reason) implements ToCoordinator {}

  /**
   * Trials have ended on a branch that goes on. Repeated until {@link
   * ToWorker.MilestonesAcknowledged} answers it or the branch has ended.
   *
   * @param lastSequence a metric row after which theirs are all sent
   */
  record MilestonesReached(
      WorkerId worker, Lease.Key lease, List<TrialResult> results, long lastSequence)
      implements ToCoordinator, OfLease {
    public MilestonesReached {
      results = List.copyOf(results);
    }
  }

  /**
   * There is a checkpoint in the store from which the branch, or one that forks there, can go on.
   * Repeated until {@link ToWorker.CheckpointAcknowledged} answers it, a newer one replaces it
   * where no branch forks, or the branch has ended.
   *
   * @param lastSequence the last metric row up to it; it counts once that is stored
   */
  record CheckpointLeft(WorkerId worker, Lease.Key lease, Checkpoint checkpoint, long lastSequence)
      implements ToCoordinator, OfLease {}

  /**
   * The branch of a lease is done. Repeated until {@link ToWorker.ResultAcknowledged} answers it.
   *
   * @param results one for each of its trials, those of milestones told before too
   * @param lastSequence its last metric row; the trials are complete once that is stored
   * @param rested where it goes on, when it came to where its lease says that it rests, or when its
   *     worker ends: the trials that are not finished are so far as their results say
   */
  record BranchEnded(
      WorkerId worker,
      Lease.Key lease,
      List<TrialResult> results,
      long lastSequence,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Checkpoint> rested)
      implements ToCoordinator, OfLease {
    public BranchEnded {
      results = List.copyOf(results);
      // Earlier versions wrote none.
      rested = rested == null ? Optional.empty() : rested;
    }
  }
}
