package io.espalier.worker.train;

import io.espalier.common.guard.GuardMemory;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Branch.Milestone;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.checkpoint.BranchState;
import io.espalier.worker.checkpoint.CheckpointFile;
import io.espalier.worker.checkpoint.Fingerprint;
import io.espalier.worker.checkpoint.Standing;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A branch that computes nothing: its losses are a formula of its configuration and the update, so
 * that each attempt at it makes the same. What it leaves and goes on from are real checkpoints, of
 * one number. Used by one thread at a time but for {@link #stop}, {@link #giveBack}, {@link
 * #results}, {@link #rested} and {@link #checkpointKept}.
 */
public final class SimulatedBranch {
  private static final float[] NO_MOMENTS = {};

  private final Lease lease;
  private final BranchListener listener;
  private final Training training;
  private final Schedule schedule;
  private final ResumePoints resumePoints;
  private final Fingerprint fingerprint;
  private final CompletableFuture<Outcome> stop = new CompletableFuture<>();
  private final CompletableFuture<Outcome.Stopped> givenBack = new CompletableFuture<>();
  private final List<TrialResult> results = new CopyOnWriteArrayList<>();
  private volatile Optional<Checkpoint> rested = Optional.empty();

  /** The last one done. */
  private long update;

  private boolean mayGoOn;
  private boolean ended;

  public SimulatedBranch(Lease lease, BranchListener listener, Cadence cadence) {
    this.lease = lease;
    this.listener = listener;
    training = lease.branch().config().training();
    schedule = training.schedule(Math.toIntExact(lease.dataset().samples()));
    resumePoints =
        new ResumePoints(
            lease,
            cadence,
            new TrialLog(lease, Clock.systemUTC()),
            listener,
            () -> Double.MAX_VALUE);
    fingerprint =
        new Fingerprint(
            "simulated",
            1,
            training.optimizer().word(),
            lease.dataset().modelSha256(),
            lease.dataset().dataSha256(),
            training.seed(),
            training.effectiveBatch());
  }

  /** Begins where the lease says; a checkpoint that cannot be read fails it. */
  public void begin() {
    try {
      if (lease.start().isPresent()) {
        Checkpoint start = lease.start().get();
        CheckpointFile.read(ResumePoints.file(lease, start), fingerprint, start.update());
        update = start.update();
      }
      resumePoints.begin();
    } catch (RuntimeException e) {
      end(new Outcome.Failed(String.valueOf(e.getMessage())));
    }
  }

  public void stop(Outcome outcome) {
    stop.complete(outcome);
  }

  public void giveBack(Outcome.Stopped why) {
    givenBack.complete(why);
  }

  public boolean hasEnded() {
    return ended;
  }

  public List<TrialResult> results() {
    return List.copyOf(results);
  }

  public Optional<Checkpoint> rested() {
    return rested;
  }

  public void checkpointKept(long kept) {
    resumePoints.acknowledged(kept);
  }

  public void forgetCheckpoints() {
    resumePoints.discard(rested, mayGoOn);
  }

  /** Makes the next update, or ends where it was asked to. */
  public void step() {
    if (stop.isDone()) {
      end(stop.join());
      return;
    }
    update++;
    tell(
        new Measurement.Update(
            loss(update), schedule.learningRate(update), 1 + 1.0 / update, 1000));
    lease.branch().milestones().stream()
        .filter(end -> end.update() == update)
        .forEach(this::completed);
    boolean leaves = givenBack.isDone();
    resumePoints.after(update, leaves, fingerprint, this::state);
    Optional<Checkpoint> place = resumePoints.at(update);
    if (update == lease.branch().updates()) {
      resumePoints.end(fingerprint);
      ended = true;
    } else if ((leaves || lease.restsAfter(update)) && place.isPresent()) {
      rest(place.get(), leaves ? givenBack.join().reason() : "it rests after update " + update);
    } else if (leaves) {
      end(givenBack.join());
    }
  }

  private void completed(Milestone end) {
    var evaluation = new Measurement.Evaluation("eval", "loss", loss(update) + 0.05);
    tell(evaluation);
    results.add(
        result(
            end,
            new Outcome.Completed(),
            Map.of(evaluation.name(), evaluation.value()),
            resumePoints.atEnd(update, fingerprint, this::state)));
  }

  private void rest(Checkpoint place, String why) {
    rested = Optional.of(place);
    end(new Outcome.Stopped(why));
  }

  private void end(Outcome outcome) {
    ended = true;
    mayGoOn = outcome.mayBeRetried();
    resumePoints.end(fingerprint);
    List<Milestone> all = lease.branch().milestones();
    all.subList(results.size(), all.size())
        .forEach(open -> results.add(result(open, outcome, Map.of(), Optional.empty())));
  }

  private TrialResult result(
      Milestone end,
      Outcome outcome,
      Map<String, Double> metrics,
      Optional<Checkpoint> checkpoint) {
    return new TrialResult(
        end.trial(),
        outcome,
        update,
        epochs(),
        samples(),
        tokens(),
        update == 0 ? OptionalDouble.empty() : OptionalDouble.of(loss(update)),
        metrics,
        0,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        checkpoint);
  }

  private BranchState state() {
    return new BranchState(
        new float[] {update},
        NO_MOMENTS,
        NO_MOMENTS,
        NO_MOMENTS,
        new Standing(
            update,
            update,
            new Standing.Counts(update, epochs(), samples(), tokens(), 1, loss(update), 1),
            new GuardMemory(Map.of(), 1, 0, 0),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            0));
  }

  /** Falls with the updates, fastest at a learning rate of 1e-3, and shivers a little. */
  private double loss(long after) {
    double miss = Math.log10(training.learningRate() / 1e-3);
    double floor = 0.5 + 0.3 * miss * miss;
    long hash = (after * 0x9E3779B97F4A7C15L) ^ Double.hashCode(training.learningRate());
    return floor + 2.0 / (1 + after) + 1e-3 * (hash >>> 48) / 65536.0;
  }

  private long samples() {
    return update * training.effectiveBatch();
  }

  private long tokens() {
    return samples() * lease.dataset().tokens() / lease.dataset().samples();
  }

  private double epochs() {
    return (double) samples() / lease.dataset().samples();
  }

  private void tell(Measurement measurement) {
    listener.measured(update, epochs(), samples(), tokens(), measurement);
  }
}
