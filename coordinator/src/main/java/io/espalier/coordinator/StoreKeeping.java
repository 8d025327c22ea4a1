package io.espalier.coordinator;

import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.api.Refused.Reason;
import io.espalier.coordinator.api.Submission;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepsActor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** What is kept in the store, and what goes from it. */
record StoreKeeping(
    Sweeps sweeps,
    SweepFiles files,
    UploadedFiles uploads,
    MetricsService metrics,
    Journal journal,
    Clock clock) {
  /** So long a client may take from its first upload to the submission that names it. */
  private static final Duration SUBMISSION = Duration.ofHours(1);

  StoreKeeping askedBy(Optional<String> name) {
    return new StoreKeeping(sweeps.askedBy(name), files, uploads, metrics, journal, clock);
  }

  CompletionStage<Long> remove(SweepId sweep) {
    return sweeps
        .state()
        .thenCompose(
            state ->
                state.removed().contains(sweep) && files.has(sweep)
                    // An earlier try did not come to its end.
                    ? sweeps.blocking(() -> delete(sweep))
                    : removeWhole(sweep));
  }

  private CompletionStage<Long> removeWhole(SweepId sweep) {
    return sweeps
        .view(sweep)
        .thenCompose(
            view ->
                view.state().ended()
                    ? sweeps
                        .actors()
                        .<Boolean>askSweeps(
                            replyTo -> new SweepsActor.Remove(sweep, sweeps.by(), replyTo))
                    : CompletableFuture.completedStage(false))
        .thenCompose(
            removed -> {
              if (!removed) {
                throw new Refused(
                    Reason.TOO_LATE,
                    "Sweep %s has not ended: stop it first, with espalier stop %s, and remove it when its trials have ended."
                        .formatted(sweep, sweep));
              }
              return sweeps.blocking(() -> delete(sweep));
            });
  }

  /** How many bytes became free in the store. */
  private long delete(SweepId sweep) {
    metrics.live().forget(sweep);
    metrics.store().forget(sweep);
    long bytes = files.delete(sweep);
    journal.delete(SweepActor.journalOf(sweep));
    return bytes;
  }

  CompletionStage<Long> removeCheckpoints(SweepId sweep) {
    return sweeps
        .blocking(() -> files.checkpoints(sweep))
        .thenCompose(
            bytes ->
                sweeps
                    .wish(sweep, new SweepInput.DropCheckpoints(clock.instant()))
                    .thenApply(
                        change -> {
                          Sweeps.refuse(change);
                          return bytes;
                        }));
  }

  /**
   * Has the sweeps that ended first give up checkpoints until the others' fit.
   *
   * @return completes with those that did
   */
  CompletionStage<List<SweepId>> makeRoom(CheckpointRoom room) {
    return sweeps
        .summaries()
        .thenCompose(
            all ->
                sweeps.blocking(
                    () -> room.over(all.stream().flatMap(sweep -> held(sweep).stream()).toList())))
        .thenCompose(
            over ->
                Sweeps.each(over.stream().map(this::removeCheckpoints).toList())
                    .thenApply(bytes -> over));
  }

  private Optional<CheckpointRoom.Held> held(SweepSummary sweep) {
    return sweep
        .ended()
        .map(time -> new CheckpointRoom.Held(sweep.id(), time, files.checkpoints(sweep.id())));
  }

  CompletionStage<Long> removeFiles() {
    Instant before = clock.instant().minus(SUBMISSION);
    return sweeps
        .state()
        .thenCompose(state -> Sweeps.each(state.there().stream().map(sweeps::uploadsOf).toList()))
        .thenCompose(
            needed ->
                sweeps.blocking(
                    () -> {
                      try {
                        return uploads.deleteAllBut(
                            needed.stream().flatMap(Set::stream).collect(Collectors.toSet()),
                            before);
                      } catch (IOException e) {
                        throw new UncheckedIOException(e);
                      }
                    }));
  }

  /** The spec of what is submitted, with the files that it names. */
  SweepSpec accept(Submission submission) {
    return new Submissions(uploads).accept(submission);
  }

  CompletionStage<Boolean> hasFile(String sha256) {
    return sweeps.blocking(() -> uploads.has(sha256));
  }

  CompletionStage<Boolean> keepFile(String sha256, InputStream bytes) {
    return sweeps.blocking(
        () -> {
          try {
            return uploads.keep(sha256, bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
