package io.espalier.worker.node;

import io.espalier.common.UserError;
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
import io.espalier.worker.train.TrialLog;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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
  private final Map<Lease.Key, HeldLease> held = new LinkedHashMap<>();

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
    results.left().forEach(ended -> held.put(ended.lease(), HeldLease.of(ended)));
  }

  private int training() {
    synchronized (held) {
      return (int) held.values().stream().filter(HeldLease::busy).count();
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
      long busy = held.values().stream().filter(HeldLease::busy).count();
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
                  lease.getValue().unfit().stream()
                      .map(reason -> new Unfit(lease.getKey().sweep(), reason)))
          .distinct()
          .toList();
    }
  }

  /** Results not acknowledged yet. */
  List<Ended> ended() {
    synchronized (held) {
      return held.values().stream().flatMap(lease -> lease.ended().stream()).toList();
    }
  }

  /** Milestones not acknowledged yet, of branches in training. */
  List<Reached> reached() {
    List<Reached> reached = new ArrayList<>();
    synchronized (held) {
      held.forEach(
          (key, lease) -> {
            List<TrialResult> news = lease.news();
            if (!news.isEmpty()) {
              reached.add(new Reached(key, news, lease.lastSequence()));
            }
          });
    }
    return reached;
  }

  /** Checkpoints not acknowledged yet. */
  List<LeftCheckpoints.Left> checkpoints() {
    synchronized (held) {
      return held.values().stream()
          .filter(lease -> !lease.rowsLost())
          .flatMap(lease -> lease.checkpoints().untold().stream())
          .toList();
    }
  }

  /** The coordinator has journaled a checkpoint, or does not want it. */
  void checkpointAcknowledged(Lease.Key key, long update) {
    synchronized (held) {
      Optional.ofNullable(held.get(key)).ifPresent(lease -> lease.checkpointAcknowledged(update));
    }
  }

  /** These trials need not be told before their branch's end. */
  void acknowledged(Lease.Key key, List<TrialId> trials) {
    synchronized (held) {
      Optional.ofNullable(held.get(key)).ifPresent(lease -> lease.know(trials));
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
    HeldLease begun = new HeldLease(lease.forks());
    synchronized (held) {
      if (closing || held.putIfAbsent(lease.key(), begun) != null) {
        return;
      }
    }
    loader.execute(() -> begin(lease, begun));
  }

  /** Ends a branch at its next update boundary; without effect when it has ended. */
  void stop(Lease.Key key, Outcome outcome) {
    change(key, lease -> lease.stop(outcome));
  }

  /**
   * Ends a branch after its present update, with a checkpoint from which it goes on later; without
   * effect when it has ended or is to end otherwise.
   */
  void giveBack(Lease.Key key, Outcome.Stopped why) {
    change(key, lease -> lease.giveBack(why));
  }

  private void change(Lease.Key key, Consumer<HeldLease> how) {
    synchronized (held) {
      HeldLease lease = held.get(key);
      if (lease != null && lease.unfit().isPresent()) {
        // Nothing of it was trained: it is taken back without a result.
        held.remove(key);
      } else if (lease != null) {
        how.accept(lease);
      }
    }
  }

  /** Forgets a result that the coordinator has journaled. */
  void acknowledged(Lease.Key key) {
    Optional<HeldLease> over;
    synchronized (held) {
      over = Optional.ofNullable(held.remove(key));
    }
    over.ifPresent(HeldLease::forgetCheckpoints);
    results.forget(key);
  }

  private void begin(Lease lease, HeldLease begun) {
    try {
      Trainer.Running run =
          trainer.train(
              lease,
              new LeaseListener(lease, begun, metrics, exposed, clock, () -> onChange.run()),
              done -> ended(begun, lease, done.results(), done.rested()));
      synchronized (held) {
        begun.begun(run);
      }
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

  /** What it trained cannot be shown, so it counts as failed, and is leased again. */
  void rowsLost(Lease.Key key) {
    log.error("metric rows of {} are lost: it has to be trained again", key);
    Optional<Ended> told;
    synchronized (held) {
      HeldLease lease = held.get(key);
      if (lease == null) {
        return;
      }
      lease.loseRows();
      told = lease.ended();
    }
    told.ifPresent(results::keep);
    onChange.run();
  }

  /** Kept on disk before anybody hears of it, and after the rows without which it is not whole. */
  private void ended(
      HeldLease begun, Lease lease, List<TrialResult> trials, Optional<Checkpoint> rested) {
    Ended whole = new Ended(lease.key(), trials, begun.lastSequence(), rested);
    Ended ended = whole;
    try {
      metrics.spooled().toCompletableFuture().get(SPOOL_SECONDS, TimeUnit.SECONDS);
      synchronized (held) {
        ended = begun.counting(whole);
      }
      results.keep(ended);
    } catch (ExecutionException | TimeoutException e) {
      log.error("the rows of {} cannot be kept; only this process can report it", whole.lease(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (held) {
      begun.end(ended);
    }
    onChange.run();
  }

  private void notFit(HeldLease begun, String reason) {
    synchronized (held) {
      begun.unfit(reason);
    }
    onChange.run();
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
