package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a sweep is told; {@link Decisions} answers with events. */
public sealed interface SweepInput {
  Instant time();

  /** The first input of all; repeats change nothing. */
  record Submit(String yaml, String baseDirectory, Map<String, String> files, Instant time)
      implements SweepInput {
    public Submit {
      files = Map.copyOf(files);
    }

    /** Nothing was uploaded. */
    public Submit(String yaml, String baseDirectory, Instant time) {
      this(yaml, baseDirectory, Map.of(), time);
    }
  }

  /**
   * A worker has room.
   *
   * @param epoch this life of the coordinator
   */
  record Ask(WorkerId worker, Room room, long epoch, Instant time) implements SweepInput {}

  /**
   * How many branches can be taken.
   *
   * @param free slots of the worker that train nothing
   * @param ahead branches it may hold beyond its slots, so that none waits for the coordinator
   * @param everywhere slots of all workers
   * @param alone whether there is no other place that could train what fails here
   */
  record Room(int free, int ahead, int everywhere, boolean alone) {
    public Room(int free, int ahead, int everywhere) {
      this(free, ahead, everywhere, true);
    }

    public boolean isNone() {
      return free == 0 && ahead == 0;
    }
  }

  /**
   * A worker has nothing to train while another trains several branches.
   *
   * @param from whose branches they are
   * @param to who could train one of them
   * @param worth what a branch must have left to be worth its way
   */
  record Move(WorkerId from, WorkerId to, Duration worth, Instant time) implements SweepInput {}

  /** The worker has read model and data. */
  record Prepared(WorkerId worker, DatasetSummary dataset, Instant time) implements SweepInput {}

  /** The worker found that the spec cannot be run. */
  record PreparationFailed(WorkerId worker, String problem, Instant time) implements SweepInput {}

  /**
   * The worker could not read model or data, which another may.
   *
   * @param connected workers that are there
   */
  record CannotPrepare(WorkerId worker, String reason, Set<WorkerId> connected, Instant time)
      implements SweepInput {
    public CannotPrepare {
      connected = Set.copyOf(connected);
    }
  }

  /** The worker that read model and data is gone. */
  record PreparationLost(WorkerId worker, String reason, Instant time) implements SweepInput {}

  /** The worker of an attempt is gone, forgot it or never got it. */
  record LeaseLost(BranchId branch, Attempt attempt, Loss loss, Instant time)
      implements SweepInput {}

  /** A worker must not train this sweep's branches. */
  record Unfit(WorkerId worker, String reason, Instant time) implements SweepInput {}

  /** Evaluations measured in an attempt; may hold repeats. */
  record Evaluated(BranchId branch, Attempt attempt, List<Report> reports, Instant time)
      implements SweepInput {
    public Evaluated {
      reports = List.copyOf(reports);
    }
  }

  /** Trials have ended on a branch that goes on, all their metric rows stored. */
  record MilestonesReached(
      BranchId branch, Attempt attempt, List<TrialResult> results, Instant time)
      implements SweepInput {
    public MilestonesReached {
      results = List.copyOf(results);
    }
  }

  /** A branch can go on from here, the metric rows up to it stored. */
  record CheckpointLeft(BranchId branch, Attempt attempt, Checkpoint checkpoint, Instant time)
      implements SweepInput {}

  /** A worker's result, all its metric rows stored. */
  record BranchEnded(BranchId branch, Attempt attempt, List<TrialResult> results, Instant time)
      implements SweepInput {
    public BranchEnded {
      results = List.copyOf(results);
    }
  }

  /**
   * A branch came to where it was to rest, or was given back by a worker that ends, all its metric
   * rows stored.
   *
   * @param results of the trials that have ended on it, and of the others how far they have come
   */
  record BranchRested(
      BranchId branch, Attempt attempt, Checkpoint place, List<TrialResult> results, Instant time)
      implements SweepInput {
    public BranchRested {
      results = List.copyOf(results);
    }
  }

  /** What a person wants of a sweep. */
  sealed interface Wish extends SweepInput {
    /** As the journal names it. */
    String word();
  }

  /** The sweep shall end. */
  record Stop(String reason, Instant time) implements Wish {
    @Override
    public String word() {
      return "stop";
    }
  }

  /** Nothing of the sweep shall be trained until it is resumed; what trains leaves a checkpoint. */
  record Pause(Instant time) implements Wish {
    @Override
    public String word() {
      return "pause";
    }
  }

  /** The sweep shall go on. */
  record Resume(Instant time) implements Wish {
    @Override
    public String word() {
      return "resume";
    }
  }

  /** One trial shall end. */
  record StopTrial(TrialId trial, String reason, Instant time) implements Wish {
    @Override
    public String word() {
      return "stop-trial";
    }
  }

  /** There shall be more trials, also when the sweep has ended. */
  record Extend(MoreTrials more, Instant time) implements Wish {
    @Override
    public String word() {
      return more.word();
    }
  }

  /** The sweep may use more or less; also counts after it has ended. */
  record ChangeBudget(BudgetChange change, Instant time) implements Wish {
    @Override
    public String word() {
      return "budget";
    }
  }

  /**
   * What failed or was stopped shall be trained again, also when the sweep has ended.
   *
   * @param trial the only one that is meant; absent for all
   */
  record Retry(Optional<TrialId> trial, Instant time) implements Wish {
    @Override
    public String word() {
      return "retry";
    }
  }

  /** Nothing of the sweep, which has ended, will go on from where it stood. */
  record DropCheckpoints(Instant time) implements Wish {
    @Override
    public String word() {
      return "drop-checkpoints";
    }
  }

  /** A judgement of a trial; also counts after the sweep has ended. */
  record Rate(TrialId trial, Rating rating, Instant time) implements Wish {
    @Override
    public String word() {
      return "rate";
    }
  }

  /** After a restart the spec can no longer be read. */
  record Unreadable(String problem, Instant time) implements SweepInput {}
}
