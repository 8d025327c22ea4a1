package io.espalier.worker.node;

import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** What one lease has come to. {@link HeldLeases} guards all of it but what says otherwise. */
final class HeldLease {
  private static final Outcome ROWS_LOST =
      new Outcome.Failed("metric rows were lost on the worker's disk; its log has the file");

  private final AtomicLong sequence = new AtomicLong();
  private final LeftCheckpoints checkpoints;

  /** Trials whose results the coordinator has journaled while the branch goes on. */
  private final Set<TrialId> known = new HashSet<>();

  private Optional<Trainer.Running> run = Optional.empty();
  private Optional<Outcome> stop = Optional.empty();
  private Optional<HeldLeases.Ended> ended = Optional.empty();
  private Optional<String> unfit = Optional.empty();

  /** Whether metric rows are gone without which its results are not whole. */
  private boolean rowsLost;

  /**
   * @param forks updates where other branches begin
   */
  HeldLease(List<Long> forks) {
    checkpoints = new LeftCheckpoints(forks);
  }

  /** Of an earlier process. */
  static HeldLease of(HeldLeases.Ended earlier) {
    HeldLease done = new HeldLease(List.of());
    done.ended = Optional.of(earlier);
    return done;
  }

  /** The number of its next metric row, from 1. Safe from any thread. */
  long nextSequence() {
    return sequence.incrementAndGet();
  }

  /** The number of its last metric row, 0 before the first. Safe from any thread. */
  long lastSequence() {
    return sequence.get();
  }

  /** Safe from any thread. */
  LeftCheckpoints checkpoints() {
    return checkpoints;
  }

  /** Whether it has a slot, or waits for its model and data to be read. */
  boolean busy() {
    return ended.isEmpty() && unfit.isEmpty();
  }

  boolean rowsLost() {
    return rowsLost;
  }

  Optional<HeldLeases.Ended> ended() {
    return ended;
  }

  /** Why it must not be trained here, where that is so. */
  Optional<String> unfit() {
    return unfit;
  }

  /** Trials that completed on it while it goes on, of which the coordinator may not know. */
  List<TrialResult> news() {
    if (!busy() || rowsLost) {
      return List.of();
    }
    return run.map(Trainer.Running::results).orElse(List.of()).stream()
        .filter(result -> result.outcome() instanceof Outcome.Completed)
        .filter(result -> !known.contains(result.trial()))
        .toList();
  }

  /** These trials need not be told before its end. */
  void know(List<TrialId> trials) {
    known.addAll(trials);
  }

  void checkpointAcknowledged(long update) {
    checkpoints.acknowledged(update);
    run.ifPresent(running -> running.checkpointKept(update));
  }

  /** A stop may have come while model and data were read. */
  void begun(Trainer.Running running) {
    run = Optional.of(running);
    stop.ifPresent(running::stop);
  }

  void unfit(String reason) {
    unfit = Optional.of(reason);
  }

  /** At its next update boundary; only the first wish counts. */
  void stop(Outcome outcome) {
    if (ended.isEmpty() && stop.isEmpty()) {
      stop = Optional.of(outcome);
      run.ifPresent(running -> running.stop(outcome));
    }
  }

  /** After its present update, with a checkpoint where it has begun. */
  void giveBack(Outcome.Stopped why) {
    if (busy() && stop.isEmpty() && run.isPresent()) {
      run.get().giveBack(why);
    } else {
      stop(why);
    }
  }

  /** What it trained cannot be shown, so it counts as failed, and is leased again. */
  void loseRows() {
    rowsLost = true;
    ended = ended.map(HeldLease::withoutRows);
    if (busy()) {
      run.ifPresent(running -> running.stop(ROWS_LOST));
    }
  }

  /** What an end counts as. */
  HeldLeases.Ended counting(HeldLeases.Ended whole) {
    return rowsLost ? withoutRows(whole) : whole;
  }

  void end(HeldLeases.Ended whole) {
    ended = Optional.of(counting(whole));
  }

  /** The coordinator has journaled its results. */
  void forgetCheckpoints() {
    run.ifPresent(Trainer.Running::forgetCheckpoints);
  }

  private static HeldLeases.Ended withoutRows(HeldLeases.Ended ended) {
    return new HeldLeases.Ended(
        ended.lease(),
        ended.results().stream().map(result -> result.withOutcome(ROWS_LOST)).toList(),
        0,
        Optional.empty());
  }
}
