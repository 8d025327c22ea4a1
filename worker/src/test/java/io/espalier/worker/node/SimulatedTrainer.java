package io.espalier.worker.node;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.train.BranchListener;
import io.espalier.worker.train.Cadence;
import io.espalier.worker.train.SimulatedBranch;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Trains without tensors, in as many slots and as slowly as it is told: all that is around the
 * training is the worker's own, its leases, spools, checkpoints and metric rows too.
 */
final class SimulatedTrainer implements Trainer {
  /** Rows of its data, whatever the specification names. */
  static final int SAMPLES = 64;

  private static final DatasetSummary DATA =
      new DatasetSummary(
          SAMPLES, 16, 0, 1024, 512, 16, 0, 1, "simulated-data", "simulated-model", List.of());

  private final int slots;
  private final Duration update;
  private final Cadence cadence;
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);

  /** Branches for which there is no slot yet, in their order; guarded by itself. */
  private final Queue<Simulated> waiting = new ArrayDeque<>();

  /** Slots in use; guarded by {@link #waiting}. */
  private int taken;

  /**
   * @param update how long each takes; zero for no time at all
   */
  SimulatedTrainer(int slots, Duration update, Cadence cadence) {
    this.slots = slots;
    this.update = update;
    this.cadence = cadence;
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public DatasetSummary prepare(TaskSettings settings, Training training) {
    return DATA;
  }

  @Override
  public Running train(Lease lease, BranchListener listener, Consumer<Running> ended) {
    var running = new Simulated(new SimulatedBranch(lease, listener, cadence), ended);
    synchronized (waiting) {
      waiting.add(running);
    }
    fill();
    return running;
  }

  private void fill() {
    synchronized (waiting) {
      while (taken < slots && !waiting.isEmpty()) {
        taken++;
        Simulated next = waiting.remove();
        next.seated = true;
        threads.execute(next::begin);
      }
    }
  }

  private void leave(Simulated over) {
    synchronized (waiting) {
      taken -= over.seated ? 1 : 0;
    }
    fill();
  }

  /** No update begins after this; those that are due still come to their end. */
  @Override
  public boolean close(Duration within) throws InterruptedException {
    threads.shutdown();
    return threads.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void free() {
    threads.shutdownNow();
  }

  private final class Simulated implements Running {
    private final SimulatedBranch branch;
    private final Consumer<Running> over;

    /** Whether it has a slot; one that is ended while it waits needs none. */
    private boolean seated;

    Simulated(SimulatedBranch branch, Consumer<Running> over) {
      this.branch = branch;
      this.over = over;
    }

    void begin() {
      branch.begin();
      goOn();
    }

    private void goOn() {
      if (branch.hasEnded()) {
        leave(this);
        over.accept(this);
      } else {
        threads.schedule(this::step, update.toNanos(), TimeUnit.NANOSECONDS);
      }
    }

    private void step() {
      branch.step();
      goOn();
    }

    @Override
    public void stop(Outcome outcome) {
      branch.stop(outcome);
      beginIfWaiting();
    }

    @Override
    public void giveBack(Outcome.Stopped why) {
      branch.giveBack(why);
      beginIfWaiting();
    }

    /** So that it ends at once. */
    private void beginIfWaiting() {
      synchronized (waiting) {
        if (waiting.remove(this)) {
          threads.execute(this::begin);
        }
      }
    }

    @Override
    public List<TrialResult> results() {
      return branch.results();
    }

    @Override
    public Optional<Checkpoint> rested() {
      return branch.rested();
    }

    @Override
    public void checkpointKept(long kept) {
      branch.checkpointKept(kept);
    }

    @Override
    public void forgetCheckpoints() {
      branch.forgetCheckpoints();
    }
  }
}
