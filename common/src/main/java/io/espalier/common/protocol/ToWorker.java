package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialId;
import java.util.List;

/** What the coordinator says to a worker. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ToWorker.Registered.class, name = "registered"),
  @JsonSubTypes.Type(value = ToWorker.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = ToWorker.Heard.class, name = "heard"),
  @JsonSubTypes.Type(value = ToWorker.Prepare.class, name = "prepare"),
  @JsonSubTypes.Type(value = ToWorker.Grant.class, name = "grant"),
  @JsonSubTypes.Type(value = ToWorker.StopBranch.class, name = "stop-branch"),
  @JsonSubTypes.Type(
      value = ToWorker.MilestonesAcknowledged.class,
      name = "milestones-acknowledged"),
  @JsonSubTypes.Type(
      value = ToWorker.CheckpointAcknowledged.class,
      name = "checkpoint-acknowledged"),
  @JsonSubTypes.Type(value = ToWorker.ResultAcknowledged.class, name = "result-acknowledged")
})
public sealed interface ToWorker extends ClusterMessage {

  /**
   * Welcome.
   *
   * @param coordinatorEpoch this life of the coordinator, from 1
   * @param flightHost where metric rows go
   * @param store what the worker must see before it asks for work
   * @param stored for each lease the worker holds, how far its rows are stored already
   */
  record Registered(
      long coordinatorEpoch,
      String flightHost,
      int flightPort,
      StoreMark store,
      List<Stored> stored)
      implements ToWorker {
    public Registered {
      stored = List.copyOf(stored);
    }
  }

  /** Rows of a lease up to and including this sequence are durable. */
  record Stored(Lease.Key lease, long sequence) {}

  /** This worker cannot take part; it ends with this explanation. */
  record Refused(String reason) implements ToWorker {}

  /** Answers {@link ToCoordinator.Offer}: the coordinator is there. */
  record Heard() implements ToWorker {}

  /**
   * Read model and data, and count.
   *
   * @param training the values common to all trials, and all modules that they name: what is read
   *     depends on its max_length and truncation only
   */
  record Prepare(SweepId sweep, TaskSettings settings, Training training) implements ToWorker {}

  /** A branch to train. */
  record Grant(Lease lease) implements ToWorker {}

  /**
   * End this branch at its next update boundary and report {@code outcome} for its open trials.
   *
   * @param goesOn whether it is to be trained on later: after its present update it leaves a
   *     checkpoint
   */
  record StopBranch(
      Lease.Key lease,
      Outcome outcome,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean goesOn)
      implements ToWorker {}

  /** These trials' results are journaled; the worker need not tell them before the branch's end. */
  record MilestonesAcknowledged(Lease.Key lease, List<TrialId> trials) implements ToWorker {
    public MilestonesAcknowledged {
      trials = List.copyOf(trials);
    }
  }

  /**
   * This checkpoint is journaled, or does not count; the worker may delete those before it from
   * which no branch forks.
   *
   * @param update that of the checkpoint
   */
  record CheckpointAcknowledged(Lease.Key lease, long update) implements ToWorker {}

  /** The result is journaled; the worker may forget it. */
  record ResultAcknowledged(Lease.Key lease) implements ToWorker {}
}
