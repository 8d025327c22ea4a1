package io.espalier.worker.node;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.train.BranchListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What trains the branches that this process is given. */
interface Trainer {
  /** Branches that can be in training at a time; what they are decides how many that is. */
  int slots();

  /**
   * Reads model and data and counts. Called on the thread that also calls {@link #train}.
   *
   * @throws io.espalier.common.UserError that the spec's author can mend
   */
  DatasetSummary prepare(TaskSettings settings, Training training);

  /**
   * Trains a branch as soon as there is a slot; what goes wrong then is in its trials' outcomes.
   *
   * @param ended called once, when all its trials have ended or it rests, on any thread
   * @throws io.espalier.common.UserError when it must not be trained here
   */
  Running train(Lease lease, BranchListener listener, Consumer<Running> ended);

  /**
   * Waits for the branches, which whoever calls this has stopped.
   *
   * @return whether all have ended
   */
  boolean close(Duration within) throws InterruptedException;

  /** Frees what it read, once all branches have ended. */
  void free();

  /** A branch that trains or waits for a slot. All methods are safe from any thread. */
  interface Running {
    /** Ends it at its next update boundary; trials already finished stay so. */
    void stop(Outcome outcome);

    /** Ends it after its present update, with a checkpoint from which another attempt goes on. */
    void giveBack(Outcome.Stopped why);

    /** Of the trials that have ended, in the milestones' order. */
    List<TrialResult> results();

    /** Where it goes on, when it rests or was given back. Once it has ended. */
    Optional<Checkpoint> rested();

    /** The coordinator has journaled a checkpoint. */
    void checkpointKept(long update);

    /** The coordinator has journaled the branch's end, after which this is called once. */
    void forgetCheckpoints();
  }
}
