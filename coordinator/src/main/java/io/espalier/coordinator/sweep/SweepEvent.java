package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.SweepView;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What happened to a sweep, as it stands in the journal. Names and fields are a contract. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SweepEvent.Asked.class, name = "asked"),
  @JsonSubTypes.Type(value = SweepEvent.Submitted.class, name = "submitted"),
  @JsonSubTypes.Type(value = SweepEvent.PreparationAssigned.class, name = "preparation-assigned"),
  @JsonSubTypes.Type(value = SweepEvent.PreparationLost.class, name = "preparation-lost"),
  @JsonSubTypes.Type(value = SweepEvent.Prepared.class, name = "prepared"),
  @JsonSubTypes.Type(value = SweepEvent.Planned.class, name = "planned"),
  @JsonSubTypes.Type(value = SweepEvent.Reopened.class, name = "reopened"),
  @JsonSubTypes.Type(value = SweepEvent.Leased.class, name = "leased"),
  @JsonSubTypes.Type(value = SweepEvent.CheckpointKept.class, name = "checkpoint-kept"),
  @JsonSubTypes.Type(value = SweepEvent.CheckpointDropped.class, name = "checkpoint-dropped"),
  @JsonSubTypes.Type(value = SweepEvent.EndDropped.class, name = "end-dropped"),
  @JsonSubTypes.Type(value = SweepEvent.CheckpointsDropped.class, name = "checkpoints-dropped"),
  @JsonSubTypes.Type(value = SweepEvent.LeaseLost.class, name = "lease-lost"),
  @JsonSubTypes.Type(value = SweepEvent.Rested.class, name = "rested"),
  @JsonSubTypes.Type(value = SweepEvent.WorkerExcluded.class, name = "worker-excluded"),
  @JsonSubTypes.Type(value = SweepEvent.Evaluated.class, name = "evaluated"),
  @JsonSubTypes.Type(value = SweepEvent.Judged.class, name = "judged"),
  @JsonSubTypes.Type(value = SweepEvent.StopRequested.class, name = "stop-requested"),
  @JsonSubTypes.Type(value = SweepEvent.TrialStopRequested.class, name = "trial-stop-requested"),
  @JsonSubTypes.Type(value = SweepEvent.Retried.class, name = "retried"),
  @JsonSubTypes.Type(value = SweepEvent.Paused.class, name = "paused"),
  @JsonSubTypes.Type(value = SweepEvent.Resumed.class, name = "resumed"),
  @JsonSubTypes.Type(value = SweepEvent.BudgetChanged.class, name = "budget-changed"),
  @JsonSubTypes.Type(value = SweepEvent.Rated.class, name = "rated"),
  @JsonSubTypes.Type(value = SweepEvent.TrialEnded.class, name = "trial-ended"),
  @JsonSubTypes.Type(value = SweepEvent.SweepEnded.class, name = "sweep-ended")
})
public sealed interface SweepEvent extends Journaled {

  /**
   * Somebody known by name wanted what the events written with this one say.
   *
   * @param by of their token
   * @param wish what they asked for, in one word
   */
  record Asked(String by, String wish, Instant time) implements SweepEvent {}

  /**
   * A user handed in a spec.
   *
   * @param yaml its text, so that it can be read again after a restart
   * @param baseDirectory what its relative paths resolve against, absolute
   * @param files SHA-256 of the files that were uploaded, by path as the spec writes it
   */
  record Submitted(
      SweepId sweep, String yaml, String baseDirectory, Map<String, String> files, Instant time)
      implements SweepEvent {
    public Submitted {
      // Earlier versions wrote none.
      files = files == null ? Map.of() : Map.copyOf(files);
    }
  }

  /** A worker is about to be asked to read model and data. */
  record PreparationAssigned(WorkerId worker, Instant time) implements SweepEvent {}

  /** That worker went away before it answered, or could not do it though another may. */
  record PreparationLost(WorkerId worker, String reason, Instant time) implements SweepEvent {}

  /** Model and data were read. */
  record Prepared(WorkerId worker, DatasetSummary dataset, Instant time) implements SweepEvent {}

  /** Some or all of the branches, numbered on from those before; written in one go. */
  record Planned(List<Branch> branches) implements SweepEvent {
    public Planned {
      branches = List.copyOf(branches);
    }
  }

  /** A sweep that had ended is about to get more trials, or some of its own again. */
  record Reopened(Instant time) implements SweepEvent {}

  /**
   * A branch is about to be sent to a worker.
   *
   * @param start what it goes on from; absent where it begins with its first update
   */
  record Leased(
      BranchId branch,
      Attempt attempt,
      WorkerId worker,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Checkpoint> start,
      Instant time)
      implements SweepEvent {
    public Leased {
      // Earlier versions wrote none.
      start = start == null ? Optional.empty() : start;
    }
  }

  /** The current attempt left a checkpoint, and the rows up to it are stored. */
  record CheckpointKept(BranchId branch, Attempt attempt, Checkpoint checkpoint, Instant time)
      implements SweepEvent {}

  /**
   * The current attempt is to leave a checkpoint and come back, for a worker that has nothing to
   * train; its own is about to be told.
   */
  record Moving(BranchId branch, Attempt attempt, WorkerId to, Instant time)
      implements SweepEvent {}

  /**
   * A worker could not read a checkpoint; nobody is sent there again.
   *
   * @param branch that left it, which need not be the one that was to go on from it
   */
  record CheckpointDropped(BranchId branch, Checkpoint checkpoint, Instant time)
      implements SweepEvent {}

  /** The checkpoint of a trial's end is about to be removed: those of better ones stay. */
  record EndDropped(BranchId branch, TrialId trial, Checkpoint checkpoint, Instant time)
      implements SweepEvent {}

  /** All checkpoints of a sweep that has ended are about to be removed. */
  record CheckpointsDropped(Instant time) implements SweepEvent {}

  /**
   * The current attempt came to nothing.
   *
   * @param loss stands under {@code reason}, where earlier versions wrote its text alone
   */
  record LeaseLost(
      BranchId branch, Attempt attempt, @JsonProperty("reason") Loss loss, Instant time)
      implements SweepEvent {}

  /** This worker reads another model or other data, or cannot read them: it gets no branches. */
  record WorkerExcluded(WorkerId worker, String reason, Instant time) implements SweepEvent {}

  /**
   * The current attempt came to where it was to rest. The branch waits to be chosen again.
   *
   * @param place where it goes on then
   * @param standing how far the trials have come that are open on it
   */
  record Rested(
      BranchId branch, Attempt attempt, Checkpoint place, List<TrialResult> standing, Instant time)
      implements SweepEvent {
    public Rested {
      standing = List.copyOf(standing);
    }
  }

  /** Evaluations of the current attempt; only points not reported before. */
  record Evaluated(BranchId branch, Attempt attempt, List<Report> reports) implements SweepEvent {
    public Evaluated {
      reports = List.copyOf(reports);
    }
  }

  /** The pruner gave the branch up; its worker is about to be told. */
  record Judged(BranchId branch, Attempt attempt, Verdict verdict) implements SweepEvent {}

  /** A person ends the sweep. */
  record StopRequested(String reason, Instant time) implements SweepEvent {}

  /** A person ends one trial; its worker is about to be told when no other trial needs it. */
  record TrialStopRequested(BranchId branch, TrialId trial, String reason, Instant time)
      implements SweepEvent {}

  /** These trials had ended, and are to be trained again. */
  record Retried(List<TrialId> trials, Instant time) implements SweepEvent {
    public Retried {
      trials = List.copyOf(trials);
    }
  }

  /** A person wants nothing of it trained for a while; the workers are about to be told. */
  record Paused(Instant time) implements SweepEvent {}

  /** What the sweep may use from now on. */
  record BudgetChanged(
      int maxTrials,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Duration> maxDeviceTime,
      Instant time)
      implements SweepEvent {
    public BudgetChanged {
      maxDeviceTime = maxDeviceTime == null ? Optional.empty() : maxDeviceTime;
    }
  }

  /** It goes on. */
  record Resumed(Instant time) implements SweepEvent {}

  /** People judged a trial; replaces what they said of this metric before. */
  record Rated(TrialId trial, Rating rating, Instant time) implements SweepEvent {}

  /**
   * A trial is over, for good.
   *
   * @param attempt the lease that brought the result; absent when none did
   * @param goesOn whether the branch is still trained though it was the last trial open on it
   */
  record TrialEnded(
      BranchId branch,
      Optional<Attempt> attempt,
      TrialResult result,
      Instant time,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean goesOn)
      implements SweepEvent {}

  /** No trial is open any more, or there never were any. */
  record SweepEnded(SweepView.State state, Optional<String> problem, Instant time)
      implements SweepEvent {}
}
