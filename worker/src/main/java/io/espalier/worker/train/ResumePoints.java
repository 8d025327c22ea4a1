package io.espalier.worker.train;

import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Branch.Milestone;
import io.espalier.common.trial.Checkpoint;
import io.espalier.worker.checkpoint.BranchState;
import io.espalier.worker.checkpoint.CheckpointFile;
import io.espalier.worker.checkpoint.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The exact checkpoints that a branch leaves: where others begin, where a trial ends, and every so
 * often. One that cannot be written stops no training. Used on the lane's thread but for what is
 * said otherwise.
 */
final class ResumePoints {
  private static final Logger log = LoggerFactory.getLogger(ResumePoints.class);
  private static final Duration RETRY = Duration.ofSeconds(5);
  private static final Duration WARN = Duration.ofMinutes(1);

  private final Lease lease;
  private final Cadence cadence;
  private final TrialLog trialLog;
  private final BranchListener listener;
  private final DoubleSupplier deviceSeconds;

  /** States at which others begin and that could not be written yet, by update. */
  private final Map<Long, BranchState> owed = new TreeMap<>();

  private final List<Checkpoint> left = new ArrayList<>();

  /** Updates after which trials have ended whose results name the checkpoint there. */
  private final Set<Long> ends = new HashSet<>();

  private Instant since = Instant.MIN;
  private Instant warned = Instant.MIN;
  private Instant tried = Instant.MIN;

  /** Of the branch's device time, from when on another is worth what the last one took. */
  private double affordable;

  /** Written by the thread that hears of it. */
  private volatile long acknowledged;

  /**
   * @param deviceSeconds that the branch has had
   */
  ResumePoints(
      Lease lease,
      Cadence cadence,
      TrialLog trialLog,
      BranchListener listener,
      DoubleSupplier deviceSeconds) {
    this.lease = lease;
    this.cadence = cadence;
    this.trialLog = trialLog;
    this.listener = listener;
    this.deviceSeconds = deviceSeconds;
  }

  private static Path sweep(Lease lease) {
    return Path.of(lease.sweepDirectory());
  }

  /** Where the file lies that a lease begins with. */
  static Path file(Lease lease, Checkpoint checkpoint) {
    return sweep(lease).resolve(checkpoint.place());
  }

  /** From now on time counts. */
  void begin() {
    since = cadence.clock().instant();
  }

  /**
   * Leaves a checkpoint where one is due.
   *
   * @param update that is done
   * @param asked whether one is due in any case
   * @param state copies the branch's from the device
   */
  void after(long update, boolean asked, Fingerprint fingerprint, Supplier<BranchState> state) {
    Instant now = cadence.clock().instant();
    boolean fork = lease.forks().contains(update);
    if (at(update).isPresent()) {
      at(update).filter(end -> update < lease.branch().updates()).ifPresent(listener::left);
    } else if (fork || lease.restsAfter(update) || asked || isDue(update, now)) {
      BranchState taken = state.get();
      since = now;
      if (!tell(write(update, fingerprint, taken)) && fork) {
        owed.put(update, taken);
      }
    } else if (!owed.isEmpty() && now.isAfter(tried.plus(RETRY))) {
      writeOwed(fingerprint);
    }
    removeSurplus();
  }

  /**
   * Leaves a checkpoint for the results of trials that end here, which stays until the coordinator
   * removes it.
   *
   * @return empty where it could not be written, or is not wanted
   */
  Optional<Checkpoint> atEnd(long update, Fingerprint fingerprint, Supplier<BranchState> state) {
    if (!lease.settings().keepsEnds()) {
      return Optional.empty();
    }
    since = cadence.clock().instant();
    Optional<Checkpoint> end = at(update).or(() -> write(update, fingerprint, state.get()));
    end.ifPresent(checkpoint -> ends.add(update));
    return end;
  }

  private boolean isDue(long update, Instant now) {
    if (update >= lease.branch().updates()) {
      return false;
    }
    boolean trialEnds =
        lease.branch().milestones().stream().map(Milestone::update).anyMatch(end -> end == update);
    return trialEnds
        || (!cadence.isNever()
            && !now.isBefore(since.plus(cadence.every()))
            && deviceSeconds.getAsDouble() >= affordable);
  }

  /** The one that was left after an update, if it could be written. */
  Optional<Checkpoint> at(long update) {
    return left.stream().filter(checkpoint -> checkpoint.update() == update).findFirst();
  }

  /** The branch trains no more: the last try for what others begin with. */
  void end(Fingerprint fingerprint) {
    writeOwed(fingerprint);
  }

  private void writeOwed(Fingerprint fingerprint) {
    owed.entrySet().removeIf(state -> tell(write(state.getKey(), fingerprint, state.getValue())));
  }

  /** Whether there is one to tell of. */
  private boolean tell(Optional<Checkpoint> written) {
    written.ifPresent(listener::left);
    return written.isPresent();
  }

  private Optional<Checkpoint> write(long update, Fingerprint fingerprint, BranchState state) {
    Path file = Export.attempt(lease).resolve("checkpoints").resolve(Long.toString(update));
    tried = cadence.clock().instant();
    long began = System.nanoTime();
    try {
      CheckpointFile.write(file, fingerprint, state);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      affordable = deviceSeconds.getAsDouble() + cadence.worth() * took.toNanos() * 1e-9;
      listener.checkpointWritten(took, Files.size(file));
    } catch (IOException e) {
      listener.checkpointFailed();
      warn(file, e);
      return Optional.empty();
    }
    var checkpoint =
        new Checkpoint(
            update, sweep(lease).relativize(file).toString(), state.standing().seconds());
    left.add(checkpoint);
    return Optional.of(checkpoint);
  }

  private void warn(Path file, IOException problem) {
    if (tried.isAfter(warned.plus(WARN))) {
      warned = tried;
      log.warn("no checkpoint {}: {}; training goes on", file, problem.toString());
      trialLog.noCheckpoint(file, problem);
    }
  }

  /** The coordinator has this one: earlier ones are not needed any more. Safe from any thread. */
  void acknowledged(long update) {
    acknowledged = Math.max(acknowledged, update);
  }

  private void removeSurplus() {
    long newest = acknowledged;
    removeIf(checkpoint -> checkpoint.update() < newest && !isAnothers(checkpoint.update()));
  }

  /** Whether it is there for more than this attempt. */
  private boolean isAnothers(long update) {
    return lease.leaves(update) || ends.contains(update);
  }

  private void removeIf(Predicate<Checkpoint> surplus) {
    left.removeIf(
        checkpoint -> {
          if (!surplus.test(checkpoint)) {
            return false;
          }
          try {
            Files.deleteIfExists(file(lease, checkpoint));
          } catch (IOException e) {
            log.warn("{} stays though nobody needs it: {}", checkpoint.place(), e.toString());
          }
          return true;
        });
  }

  /**
   * The attempt's end is journaled: of what it left only that is needed which others go on from.
   *
   * @param place where the branch itself goes on
   * @param newest whether it may go on from the newest that the coordinator has
   */
  void discard(Optional<Checkpoint> place, boolean newest) {
    removeIf(
        checkpoint ->
            !isAnothers(checkpoint.update())
                && !place.equals(Optional.of(checkpoint))
                && !(newest && checkpoint.update() == acknowledged));
  }
}
