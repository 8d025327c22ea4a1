package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.memory.FreedMemory;
import io.espalier.worker.memory.HostMemory;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.train.BranchListener;
import io.espalier.worker.train.BranchRun;
import io.espalier.worker.train.Cadence;
import io.espalier.worker.train.KeptSpeeds;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;

/**
 * The device of this process with its lanes, each a thread that trains branches together over one
 * copy of the base model.
 */
final class Lanes implements Trainer {
  private final int lanes;
  private final LaneThreads threads;
  private final Trunks trunks;
  private final MeasuredSlots slots;
  private final Cadence cadence;
  private final ScheduledExecutorService freedMemory;

  /**
   * @param trunks freed with this
   */
  Lanes(int lanes, LaneSlots slots, Trunks trunks, Cadence cadence) {
    this.lanes = lanes;
    this.trunks = trunks;
    this.cadence = cadence;
    this.slots = new MeasuredSlots(slots, lanes, KeptSpeeds.ofUser());
    threads = new LaneThreads(lanes, slots);
    freedMemory = FreedMemory.watch(new HostMemory());
  }

  @Override
  public int slots() {
    return threads.capacity();
  }

  @Override
  public DatasetSummary prepare(TaskSettings settings, Training training) {
    // Two threads on cores that lanes keep busy wait for each other, and are slower than one.
    Libtorch.prepareThread(threads.isIdle() ? lanes : 1);
    DatasetSummary summary = trunks.prepare(settings, training);
    Libtorch.prepareThread();
    try (Trunks.Trunk trunk = trunks.trunk(settings, training)) {
      threads.slots(slots.of(trunk, settings, training).slots());
    }
    threads.expect(
        (double) training.perDeviceTrainBatchSize() * summary.tokens() / summary.samples());
    return summary;
  }

  @Override
  public Running train(Lease lease, BranchListener listener, Consumer<Running> ended) {
    Libtorch.prepareThread();
    Trunks.Trunk trunk = trunk(lease);
    Branch branch = new Branch(run(lease, listener, trunk));
    threads.train(
        branch.run,
        () -> {
          trunk.close();
          ended.accept(branch);
        });
    return branch;
  }

  private Trunks.Trunk trunk(Lease lease) {
    Trunks.Trunk trunk =
        trunks.trunk(lease.settings(), lease.branch().config().training(), lease.dataset());
    DatasetSummary found = trunk.data().summary();
    if (!found.matches(lease.dataset())) {
      trunk.close();
      throw new UserError(
          "%s read here is not what the sweep was planned for (%s instead of %s): give all workers the same files"
              .formatted(
                  found.modelSha256().equals(lease.dataset().modelSha256())
                      ? "the data"
                      : "the model " + lease.settings().model(),
                  fingerprint(found),
                  fingerprint(lease.dataset())));
    }
    return trunk;
  }

  private static String fingerprint(DatasetSummary summary) {
    return "model %.12s, data %.12s".formatted(summary.modelSha256(), summary.dataSha256());
  }

  private BranchRun run(Lease lease, BranchListener listener, Trunks.Trunk trunk) {
    try {
      MeasuredSlots.Found found =
          slots.of(trunk, lease.settings(), lease.branch().config().training());
      threads.slots(found.slots());
      return new BranchRun(
          lease, trunk.model(), trunk.data(), trunk::decode, listener, cadence, found.cost());
    } catch (RuntimeException | Error e) {
      trunk.close();
      throw e;
    }
  }

  @Override
  public boolean close(Duration within) throws InterruptedException {
    return threads.close(within);
  }

  @Override
  public void free() {
    freedMemory.shutdownNow();
    trunks.close();
  }

  /** One that waits for a slot ends at once. */
  private final class Branch implements Running {
    private final BranchRun run;

    Branch(BranchRun run) {
      this.run = run;
    }

    @Override
    public void stop(Outcome outcome) {
      run.stop(outcome);
      withdraw(outcome);
    }

    @Override
    public void giveBack(Outcome.Stopped why) {
      run.giveBack(why);
      withdraw(why);
    }

    /** Its end is kept on disk, for which whoever ends it does not wait. */
    private void withdraw(Outcome outcome) {
      CompletableFuture.runAsync(() -> threads.withdraw(run, outcome));
    }

    @Override
    public List<TrialResult> results() {
      return run.results();
    }

    @Override
    public Optional<Checkpoint> rested() {
      return run.rested();
    }

    @Override
    public void checkpointKept(long update) {
      run.checkpointKept(update);
    }

    @Override
    public void forgetCheckpoints() {
      run.forgetCheckpoints();
    }
  }
}
