package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.metrics.WorkerMetrics;
import io.espalier.worker.train.BranchListener;
import io.espalier.worker.train.TrialLog;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leases that this process was granted, and what each has come to. Knows nothing of actors and
 * outlives every actor system: whoever talks to the coordinator asks what is held and what has
 * ended.
 */
final class HeldLeases implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HeldLeases.class);

  private static final long SPOOL_SECONDS = 60;
  private static final Duration CLOSING = Duration.ofSeconds(60);
  private static final Outcome.Stopped CLOSED = new Outcome.Stopped("the worker was stopped");
  private static final Outcome ROWS_LOST =
      new Outcome.Failed("metric rows were lost on the worker's disk; its log has the file");

  /** Reads models and data, which may take long; what trains meanwhile goes on. */
  private final ExecutorService loader =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "loader"));

  private final Trainer trainer;
  private final MetricsSender metrics;
  private final ResultSpool results;
  private final Clock clock;
  private final WorkerMetrics exposed;
  private final Duration grace;

  /** Guarded by itself; insertion order is the order of granting. */
  private final Map<Lease.Key, Held> held = new LinkedHashMap<>();

  private volatile Runnable onChange = () -> {};

  /** Guarded by {@link #held}. */
  private boolean closing;

  /**
   * @param trainer closed with this
   * @param results what an earlier process left there counts as held, and is reported
   * @param grace how long a branch may take to the end of its update when this closes
   */
  HeldLeases(
      Trainer trainer,
      MetricsSender metrics,
      ResultSpool results,
      WorkerMetrics exposed,
      Duration grace,
      Clock clock) {
    this.trainer = trainer;
    this.metrics = metrics;
    this.exposed = exposed;
    exposed.branches(this::training);
    exposed.spool(metrics::unacknowledged);
    this.results = results;
    this.clock = clock;
    this.grace = grace;
    metrics.onLost(this::rowsLost);
    results.left().forEach(ended -> held.put(ended.lease(), Held.of(ended)));
  }

  /** What a lease has come to. */
  private static final class Held {
    private final AtomicLong sequence = new AtomicLong();
    private final LeftCheckpoints checkpoints;
    private Optional<Trainer.Running> run = Optional.empty();
    private Optional<Outcome> stop = Optional.empty();
    private Optional<Ended> ended = Optional.empty();
    private Optional<String> unfit = Optional.empty();

    /** Whether metric rows are gone without which its results are not whole. */
    private boolean rowsLost;

    /** Trials whose results the coordinator has journaled while the branch goes on. */
    private final Set<TrialId> known = new HashSet<>();

    Held(List<Long> forks) {
      checkpoints = new LeftCheckpoints(forks);
    }

    static Held of(Ended earlier) {
      Held done = new Held(List.of());
      done.ended = Optional.of(earlier);
      return done;
    }

    boolean busy() {
      return ended.isEmpty() && unfit.isEmpty();
    }
  }

  private int training() {
    synchronized (held) {
      return (int) held.values().stream().filter(Held::busy).count();
    }
  }

  /** A sweep whose branches must not be trained here, and why. */
  record Unfit(SweepId sweep, String reason) {}

  /** Trials that ended on a branch that goes on, of which the coordinator may not know. */
  record Reached(Lease.Key lease, List<TrialResult> results, long lastSequence) {}

  /**
   * A branch whose result the coordinator has not yet acknowledged.
   *
   * @param rested where it rests, when it came to where its lease says so
   */
  record Ended(
      Lease.Key lease, List<TrialResult> results, long lastSequence, Optional<Checkpoint> rested) {
    Ended {
      // Earlier versions wrote none.
      rested = rested == null ? Optional.empty() : rested;
    }
  }

  /** Called after a branch has ended, on the thread that trained it. */
  void onChange(Runnable listener) {
    onChange = listener;
  }

  /** Branches that can be in training at a time; what they are decides how many that is. */
  int slots() {
    return trainer.slots();
  }

  /** Branches for which there is a slot now. */
  int free() {
    synchronized (held) {
      if (closing) {
        return 0;
      }
      long busy = held.values().stream().filter(Held::busy).count();
      return (int) Math.max(0, trainer.slots() - busy);
    }
  }

  /** Leases in training, and those whose result is not acknowledged yet. */
  List<Lease.Key> holding() {
    synchronized (held) {
      return List.copyOf(held.keySet());
    }
  }

  /** Sweeps that the coordinator must give to others; told until their leases are taken back. */
  List<Unfit> unfit() {
    synchronized (held) {
      return held.entrySet().stream()
          .flatMap(
              lease ->
                  lease.getValue().unfit.stream()
                      .map(reason -> new Unfit(lease.getKey().sweep(), reason)))
          .distinct()
          .toList();
    }
  }

  /** Results not acknowledged yet. */
  List<Ended> ended() {
    synchronized (held) {
      return held.values().stream().flatMap(lease -> lease.ended.stream()).toList();
    }
  }

  /** Milestones not acknowledged yet, of branches in training. */
  List<Reached> reached() {
    List<Reached> reached = new ArrayList<>();
    synchronized (held) {
      held.forEach(
          (key, lease) -> {
            List<TrialResult> news =
                lease
                    .run
                    .filter(run -> lease.busy() && !lease.rowsLost)
                    .map(Trainer.Running::results)
                    .orElse(List.of())
                    .stream()
                    .filter(result -> result.outcome() instanceof Outcome.Completed)
                    .filter(result -> !lease.known.contains(result.trial()))
                    .toList();
            if (!news.isEmpty()) {
              reached.add(new Reached(key, news, lease.sequence.get()));
            }
          });
    }
    return reached;
  }

  /** Checkpoints not acknowledged yet. */
  List<LeftCheckpoints.Left> checkpoints() {
    synchronized (held) {
      return held.values().stream()
          .filter(lease -> !lease.rowsLost)
          .flatMap(lease -> lease.checkpoints.untold().stream())
          .toList();
    }
  }

  /** The coordinator has journaled a checkpoint, or does not want it. */
  void checkpointAcknowledged(Lease.Key key, long update) {
    synchronized (held) {
      Held lease = held.get(key);
      if (lease != null) {
        lease.checkpoints.acknowledged(update);
        lease.run.ifPresent(run -> run.checkpointKept(update));
      }
    }
  }

  /** These trials need not be told before their branch's end. */
  void acknowledged(Lease.Key key, List<TrialId> trials) {
    synchronized (held) {
      Optional.ofNullable(held.get(key)).ifPresent(lease -> lease.known.addAll(trials));
    }
  }

  /** Reads model and data and counts; fails with a {@link UserError} the spec's author can mend. */
  CompletionStage<DatasetSummary> prepare(TaskSettings settings, Training training) {
    return CompletableFuture.supplyAsync(() -> trainer.prepare(settings, training), loader);
  }

  /**
   * Trains a branch as soon as there is a slot. A lease already held is not started twice, and one
   * that comes while this closes not at all.
   */
  void start(Lease lease) {
    Held begun = new Held(lease.forks());
    synchronized (held) {
      if (closing || held.putIfAbsent(lease.key(), begun) != null) {
        return;
      }
    }
    loader.execute(() -> begin(lease, begun));
  }

  /** Ends a branch at its next update boundary; without effect when it has ended. */
  void stop(Lease.Key key, Outcome outcome) {
    synchronized (held) {
      Held lease = held.get(key);
      if (lease != null && lease.unfit.isPresent()) {
        held.remove(key);
      } else if (lease != null && lease.ended.isEmpty() && lease.stop.isEmpty()) {
        lease.stop = Optional.of(outcome);
        lease.run.ifPresent(run -> run.stop(outcome));
      }
    }
  }

  /**
   * Ends a branch after its present update, with a checkpoint from which it goes on later; without
   * effect when it has ended or is to end otherwise.
   */
  void giveBack(Lease.Key key, Outcome.Stopped why) {
    synchronized (held) {
      Optional<Held> lease = Optional.ofNullable(held.get(key)).filter(Held::busy);
      Optional<Trainer.Running> run =
          lease.filter(one -> one.stop.isEmpty()).flatMap(one -> one.run);
      if (run.isPresent()) {
        run.get().giveBack(why);
      } else {
        stop(key, why);
      }
    }
  }

  /** Forgets a result that the coordinator has journaled. */
  void acknowledged(Lease.Key key) {
    Optional<Held> over;
    synchronized (held) {
      over = Optional.ofNullable(held.remove(key));
    }
    over.flatMap(lease -> lease.run).ifPresent(Trainer.Running::forgetCheckpoints);
    results.forget(key);
  }

  private void begin(Lease lease, Held begun) {
    try {
      stoppable(
          begun,
          trainer.train(
              lease,
              new Told(lease, begun),
              run -> ended(begun, lease, run.results(), run.rested())));
      onChange.run();
    } catch (UserError e) {
      TrialLog.refused(lease, String.valueOf(e.getMessage()));
      notFit(begun, String.valueOf(e.getMessage()));
    } catch (RuntimeException | Error e) {
      // Whatever it was, heap exhaustion too: a branch that never ends would hold its sweep
      // forever.
      log.error("branch {} failed", lease.key(), e);
      List<TrialResult> trials = failed(lease, e);
      TrialLog.refused(lease, trials.get(0).outcome().reason());
      ended(begun, lease, trials, Optional.empty());
    }
  }

  /** Passes on what a branch tells, on the thread that trains it. */
  private final class Told implements BranchListener {
    private final Lease lease;
    private final Held held;

    Told(Lease lease, Held held) {
      this.lease = lease;
      this.held = held;
    }

    @Override
    public void measured(
        long update, double epoch, long samples, long tokens, Measurement measurement) {
      metrics.send(row(lease, held.sequence, update, epoch, samples, tokens, measurement));
      if (measurement instanceof Measurement.Update) {
        exposed.updated();
      }
    }

    @Override
    public void saved(double seconds) {
      exposed.saved(seconds);
    }

    @Override
    public void checkpointWritten(Duration took, long bytes) {
      exposed.checkpointWritten(took, bytes);
    }

    @Override
    public void checkpointFailed() {
      exposed.checkpointFailed();
    }

    @Override
    public void evaluated(Duration took) {
      exposed.evaluated(took);
    }

    @Override
    public void left(Checkpoint checkpoint) {
      held.checkpoints.add(new LeftCheckpoints.Left(lease.key(), checkpoint, held.sequence.get()));
      onChange.run();
    }
  }

  /** What it trained cannot be shown, so it counts as failed, and is leased again. */
  void rowsLost(Lease.Key key) {
    log.error("metric rows of {} are lost: it has to be trained again", key);
    Optional<Ended> told;
    synchronized (held) {
      Held lease = held.get(key);
      if (lease == null) {
        return;
      }
      lease.rowsLost = true;
      lease.ended = lease.ended.map(HeldLeases::withoutRows);
      lease.run.filter(run -> lease.busy()).ifPresent(run -> run.stop(ROWS_LOST));
      told = lease.ended;
    }
    told.ifPresent(results::keep);
    onChange.run();
  }

  private static Ended withoutRows(Ended ended) {
    return new Ended(
        ended.lease(),
        ended.results().stream().map(result -> result.withOutcome(ROWS_LOST)).toList(),
        0,
        Optional.empty());
  }

  /** Kept on disk before anybody hears of it, and after the rows without which it is not whole. */
  private void ended(
      Held begun, Lease lease, List<TrialResult> trials, Optional<Checkpoint> rested) {
    Ended whole = new Ended(lease.key(), trials, begun.sequence.get(), rested);
    Ended ended = whole;
    try {
      metrics.spooled().toCompletableFuture().get(SPOOL_SECONDS, TimeUnit.SECONDS);
      synchronized (held) {
        ended = begun.rowsLost ? withoutRows(whole) : whole;
      }
      results.keep(ended);
    } catch (ExecutionException | TimeoutException e) {
      log.error("the rows of {} cannot be kept; only this process can report it", whole.lease(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (held) {
      begun.ended = Optional.of(begun.rowsLost ? withoutRows(ended) : ended);
    }
    onChange.run();
  }

  private void notFit(Held begun, String reason) {
    synchronized (held) {
      begun.unfit = Optional.of(reason);
    }
    onChange.run();
  }

  /** A stop may have come while model and data were read. */
  private void stoppable(Held begun, Trainer.Running run) {
    synchronized (held) {
      begun.run = Optional.of(run);
      begun.stop.ifPresent(run::stop);
    }
  }

  private MetricRow row(
      Lease lease,
      AtomicLong sequence,
      long update,
      double epoch,
      long samples,
      long tokens,
      Measurement measurement) {
    return new MetricRow(
        lease.sweep(),
        lease.branch().id(),
        lease.attempt(),
        sequence.incrementAndGet(),
        update,
        epoch,
        samples,
        tokens,
        clock.instant(),
        measurement);
  }

  private static List<TrialResult> failed(Lease lease, Throwable cause) {
    String reason =
        cause instanceof UserError
            ? String.valueOf(cause.getMessage())
            : "the trainer broke: " + cause + "; the worker's log has the trace";
    List<TrialResult> results = new ArrayList<>();
    for (var milestone : lease.branch().milestones()) {
      results.add(
          new TrialResult(
              milestone.trial(),
              new Outcome.Failed(reason),
              0,
              0,
              0,
              0,
              OptionalDouble.empty(),
              Map.of(),
              0,
              Optional.empty(),
              Optional.empty()));
    }
    return results;
  }

  /**
   * Gives every branch back after its present update, with a checkpoint, waits for them, and frees
   * what the trainer read. What has not come so far after the grace ends without one.
   */
  @Override
  public void close() {
    synchronized (held) {
      closing = true;
      // A branch that has not begun leaves the map when it is stopped.
      List.copyOf(held.keySet()).forEach(key -> giveBack(key, CLOSED));
    }
    loader.shutdown();
    try {
      if (!ended(grace)) {
        log.warn(
            "an update takes longer than {} s; what it trains ends before it", grace.toSeconds());
        synchronized (held) {
          List.copyOf(held.keySet()).forEach(key -> stop(key, CLOSED));
        }
        if (!ended(CLOSING)) {
          log.warn("a branch is still in its update; its model is not freed");
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    trainer.free();
  }

  private boolean ended(Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    return loader.awaitTermination(within.toMillis(), TimeUnit.MILLISECONDS)
        && trainer.close(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
  }
}
