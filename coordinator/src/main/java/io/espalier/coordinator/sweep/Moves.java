package io.espalier.coordinator.sweep;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;

/**
 * Which of a busy worker's branches goes on with one that has nothing to train: the one with most
 * left, one at a time. Pure.
 */
final class Moves {
  private Moves() {}

  /** Empty where none is worth its way, or another is on its own. */
  static Optional<SweepEvent.Moving> of(Sweep sweep, SweepInput.Move move) {
    boolean onItsWay =
        sweep.branches().stream()
            .flatMap(progress -> progress.current().stream())
            .anyMatch(BranchProgress.Running::moves);
    if (onItsWay || sweep.excludes(move.to())) {
      return Optional.empty();
    }
    return sweep.branches().stream()
        .filter(progress -> isAt(progress, move) && sweep.ending(progress).isEmpty())
        .filter(progress -> !progress.failedAt().contains(move.to().place()))
        .filter(progress -> timeLeft(progress, move.time()).compareTo(move.worth()) >= 0)
        .max(Comparator.comparingLong(Moves::updatesLeft))
        .flatMap(
            progress ->
                progress
                    .current()
                    .map(
                        running ->
                            new SweepEvent.Moving(
                                progress.id(), running.attempt(), move.to(), move.time())));
  }

  private static boolean isAt(BranchProgress progress, SweepInput.Move move) {
    return progress.current().filter(running -> running.worker().equals(move.from())).isPresent()
        && !progress.hasEnded();
  }

  /**
   * How long it goes on as fast as so far; as long as it was leased where it is not known to have
   * done anything since.
   */
  private static Duration timeLeft(BranchProgress progress, Instant now) {
    BranchProgress.Running running = progress.current().orElseThrow();
    Duration taken =
        running.since().map(since -> Duration.between(since, now)).orElse(Duration.ZERO);
    long done = progress.known() - running.begun();
    return done <= 0
        ? taken
        : taken.multipliedBy(Math.max(0, updatesLeft(progress))).dividedBy(done);
  }

  private static long updatesLeft(BranchProgress progress) {
    return progress.lastUpdate() - progress.known();
  }
}
