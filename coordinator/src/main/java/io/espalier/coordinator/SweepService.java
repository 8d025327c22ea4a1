package io.espalier.coordinator;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.SearchedValues;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.access.Caller;
import io.espalier.coordinator.api.Backend;
import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.api.Refused.Reason;
import io.espalier.coordinator.api.Submission;
import io.espalier.coordinator.fleet.FleetActor;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.coordinator.metrics.SweepCurves;
import io.espalier.coordinator.metrics.SweepSource;
import io.espalier.coordinator.report.AnswerView;
import io.espalier.coordinator.report.Charts;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialDetails;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.coordinator.sweep.Rating;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepsActor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.Done;

/**
 * What people ask of a coordinator, carried to its actors and its store.
 *
 * @param disk runs what blocks
 * @param by the name of who asks, where it is known
 */
record SweepService(
    Clock clock,
    Actors actors,
    MetricsService metrics,
    SweepCurves curves,
    SweepFiles files,
    EndedSummaries ended,
    UploadedFiles uploads,
    Journal journal,
    Executor disk,
    Optional<String> by)
    implements Backend, SweepSource {
  private static final int LONGEST_KEY = 200;

  /** So long a client may take from its first upload to the submission that names it. */
  private static final Duration SUBMISSION = Duration.ofHours(1);

  @Override
  public SweepService askedBy(Caller caller) {
    return new SweepService(
        clock, actors, metrics, curves, files, ended, uploads, journal, disk, caller.name());
  }

  /** Why something was stopped that nothing else ended. */
  String stopped() {
    return "stopped by " + by.orElse("its user");
  }

  @Override
  public CompletionStage<SweepId> submit(Submission submission, Optional<String> key) {
    if (key.filter(text -> text.isBlank() || text.length() > LONGEST_KEY).isPresent()) {
      throw new Refused(
          Reason.INVALID,
          "The Idempotency-Key is empty or too long; expected 1 to %d characters, a UUID for instance."
              .formatted(LONGEST_KEY));
    }
    return blocking(() -> new Submissions(uploads).accept(submission))
        .thenCompose(
            spec ->
                begin(
                    spec,
                    new SweepsActor.Submission(
                        submission.spec(), submission.directory(), submission.files()),
                    key,
                    false));
  }

  /**
   * Completes once the submission is journaled.
   *
   * @param attended whether this process waits for the sweep's end, and nobody else does
   */
  CompletionStage<SweepId> begin(
      SweepSpec spec, SweepsActor.Submission submission, Optional<String> key, boolean attended) {
    return actors.askSweeps(
        replyTo -> new SweepsActor.Submit(spec.name(), submission, key, attended, by, replyTo));
  }

  /** Oldest first; without those that were never submitted. */
  CompletionStage<List<Coordinator.Unfinished>> unfinished() {
    return actors
        .<SweepsActor.State>askSweeps(SweepsActor.AskAll::new)
        .thenCompose(
            state ->
                all(state.open().stream().map(this::ask).toList())
                    .thenApply(
                        views ->
                            views.stream()
                                .flatMap(Optional::stream)
                                .filter(view -> !view.state().ended())
                                .map(
                                    view ->
                                        new Coordinator.Unfinished(
                                            view.id(), state.attended().contains(view.id())))
                                .toList()));
  }

  @Override
  public CompletionStage<List<SweepSummary>> sweeps() {
    return actors
        .<SweepsActor.State>askSweeps(SweepsActor.AskAll::new)
        .thenCompose(
            state ->
                all(
                    state.there().stream()
                        .map(sweep -> state.open().contains(sweep) ? summary(sweep) : ended(sweep))
                        .toList()))
        .thenApply(summaries -> summaries.stream().flatMap(Optional::stream).toList());
  }

  /** An ended sweep is read from its file: its journal may be long. */
  private CompletionStage<Optional<SweepSummary>> ended(SweepId sweep) {
    return blocking(() -> ended.of(sweep))
        .thenCompose(
            found -> found.isPresent() ? CompletableFuture.completedStage(found) : summary(sweep));
  }

  /** Made at once: all views together may be larger than the memory. */
  private CompletionStage<Optional<SweepSummary>> summary(SweepId sweep) {
    return ask(sweep).thenApply(view -> view.map(SweepSummary::of));
  }

  private CompletionStage<Optional<SweepView>> ask(SweepId sweep) {
    return actors
        .<Optional<SweepView>>ask(sweep, SweepActor.AskView::new)
        .thenApply(view -> view.flatMap(Function.identity()));
  }

  private static <T> CompletionStage<List<T>> all(List<CompletionStage<T>> stages) {
    CompletionStage<List<T>> all = CompletableFuture.completedStage(new ArrayList<>());
    for (CompletionStage<T> stage : stages) {
      all =
          all.thenCombine(
              stage,
              (list, next) -> {
                list.add(next);
                return list;
              });
    }
    return all;
  }

  @Override
  public CompletionStage<SweepView> sweep(SweepId sweep) {
    return ask(sweep).thenApply(view -> known(sweep, view));
  }

  @Override
  public CompletionStage<TrialView> trial(SweepId sweep, TrialId trial) {
    return sweep(sweep).thenApply(view -> known(view, trial));
  }

  @Override
  public CompletionStage<SweepView> stop(SweepId sweep) {
    return unfinished(sweep, new SweepInput.Stop(stopped(), clock.instant()), "stop");
  }

  @Override
  public CompletionStage<SweepView> pause(SweepId sweep) {
    return unfinished(sweep, new SweepInput.Pause(clock.instant()), "pause");
  }

  @Override
  public CompletionStage<SweepView> resume(SweepId sweep) {
    return unfinished(sweep, new SweepInput.Resume(clock.instant()), "resume");
  }

  @Override
  public CompletionStage<Long> remove(SweepId sweep) {
    return actors
        .<SweepsActor.State>askSweeps(SweepsActor.AskAll::new)
        .thenCompose(
            state ->
                state.removed().contains(sweep) && files.has(sweep)
                    // An earlier try did not come to its end.
                    ? blocking(() -> delete(sweep))
                    : removeWhole(sweep));
  }

  private CompletionStage<Long> removeWhole(SweepId sweep) {
    return sweep(sweep)
        .thenCompose(
            view ->
                view.state().ended()
                    ? actors.<Boolean>askSweeps(
                        replyTo -> new SweepsActor.Remove(sweep, by, replyTo))
                    : CompletableFuture.completedStage(false))
        .thenCompose(
            removed -> {
              if (!removed) {
                throw new Refused(
                    Reason.TOO_LATE,
                    "Sweep %s has not ended: stop it first, with espalier stop %s, and remove it when its trials have ended."
                        .formatted(sweep, sweep));
              }
              return blocking(() -> delete(sweep));
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

  @Override
  public CompletionStage<Long> removeCheckpoints(SweepId sweep) {
    return blocking(() -> files.checkpoints(sweep))
        .thenCompose(
            bytes ->
                wish(sweep, new SweepInput.DropCheckpoints(clock.instant()))
                    .thenApply(
                        change -> {
                          refuse(change);
                          return bytes;
                        }));
  }

  /**
   * Has the sweeps that ended first give up checkpoints until the others' fit.
   *
   * @return completes with those that did
   */
  CompletionStage<List<SweepId>> makeRoom(CheckpointRoom room) {
    return sweeps()
        .thenCompose(
            all ->
                blocking(
                    () -> room.over(all.stream().flatMap(sweep -> held(sweep).stream()).toList())))
        .thenCompose(
            over ->
                all(over.stream().map(this::removeCheckpoints).toList()).thenApply(bytes -> over));
  }

  private Optional<CheckpointRoom.Held> held(SweepSummary sweep) {
    return sweep
        .ended()
        .map(time -> new CheckpointRoom.Held(sweep.id(), time, files.checkpoints(sweep.id())));
  }

  @Override
  public CompletionStage<Long> removeFiles() {
    Instant before = clock.instant().minus(SUBMISSION);
    return actors
        .<SweepsActor.State>askSweeps(SweepsActor.AskAll::new)
        .thenCompose(state -> all(state.there().stream().map(this::uploadsOf).toList()))
        .thenCompose(
            needed ->
                blocking(
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

  private CompletionStage<Set<String>> uploadsOf(SweepId sweep) {
    return actors
        .<Set<String>>ask(sweep, SweepActor.AskUploads::new)
        .thenApply(Optional::orElseThrow);
  }

  private static void refuse(SweepActor.Change change) {
    change
        .refusal()
        .ifPresent(
            why -> {
              throw new Refused(Reason.INVALID, why);
            });
  }

  /** A wish that comes too late when the sweep has ended. */
  private CompletionStage<SweepView> unfinished(
      SweepId sweep, SweepInput.Wish wish, String whatFor) {
    return wish(sweep, wish)
        .thenApply(
            change -> {
              SweepView before = change.before();
              if (before.state().ended()) {
                throw new Refused(
                    Reason.TOO_LATE,
                    "Sweep %s has ended already: it is %s since %s. There is nothing to %s."
                        .formatted(sweep, word(before), before.ended().orElseThrow(), whatFor));
              }
              return change.after();
            });
  }

  @Override
  public CompletionStage<TrialView> stop(SweepId sweep, TrialId trial) {
    return wish(sweep, new SweepInput.StopTrial(trial, stopped(), clock.instant()))
        .thenApply(
            change -> {
              Optional<TrialResult> result = known(change.before(), trial).result();
              if (result.isPresent()) {
                throw new Refused(
                    Reason.TOO_LATE,
                    "Trial %s of %s has ended already: it was %s after %d updates. There is nothing to stop."
                        .formatted(
                            trial, sweep, result.get().outcome().word(), result.get().updates()));
              }
              return known(change.after(), trial);
            });
  }

  @Override
  public CompletionStage<TrialView> rate(SweepId sweep, TrialId trial, Rating rating) {
    RatingRules.check(rating);
    return wish(sweep, new SweepInput.Rate(trial, rating, clock.instant()))
        .thenApply(change -> known(change.after(), trial));
  }

  @Override
  public CompletionStage<SweepView> extend(SweepId sweep, MoreTrials more) {
    return extend(sweep, more, false);
  }

  /**
   * @param attended whether this process waits for the sweep's end, and nobody else does
   */
  CompletionStage<SweepView> extend(SweepId sweep, MoreTrials more, boolean attended) {
    SearchedValues.check(more.values());
    return reopening(sweep, new SweepInput.Extend(more, clock.instant()), attended);
  }

  @Override
  public CompletionStage<SweepView> changeBudget(SweepId sweep, BudgetChange change) {
    return wish(sweep, new SweepInput.ChangeBudget(change, clock.instant()))
        .thenApply(SweepActor.Change::after);
  }

  @Override
  public CompletionStage<SweepView> retry(SweepId sweep, Optional<TrialId> trial) {
    return retry(sweep, trial, false);
  }

  /**
   * @param attended whether this process waits for the sweep's end, and nobody else does
   */
  CompletionStage<SweepView> retry(SweepId sweep, Optional<TrialId> trial, boolean attended) {
    return reopening(sweep, new SweepInput.Retry(trial, clock.instant()), attended);
  }

  /** A wish by which a sweep may go on that has ended. */
  private CompletionStage<SweepView> reopening(
      SweepId sweep, SweepInput.Wish wish, boolean attended) {
    // Opened before: its journal must not say that it goes on while nobody would know after a
    // crash.
    return actors
        .<Done>askSweeps(replyTo -> new SweepsActor.Open(sweep, attended, replyTo))
        .thenCompose(open -> wish(sweep, wish))
        .thenApply(
            change -> {
              refuse(change);
              return change.after();
            });
  }

  /** Completes once what follows from the wish is journaled. */
  CompletionStage<SweepActor.Change> wish(SweepId sweep, SweepInput.Wish wish) {
    return actors
        .<Optional<SweepActor.Change>>ask(sweep, replyTo -> new SweepActor.Wish(wish, by, replyTo))
        .thenApply(change -> known(sweep, change.flatMap(Function.identity())));
  }

  @Override
  public List<LiveUpdate> live(SweepId sweep) {
    return metrics.live().updates(sweep);
  }

  @Override
  public CompletionStage<Charts> curves(SweepId sweep) {
    return sweep(sweep).thenCompose(view -> blocking(() -> curves.charts(view)));
  }

  @Override
  public CompletionStage<TrialDetails> details(SweepId sweep, TrialId trial) {
    return sweep(sweep)
        .thenCompose(
            view -> {
              TrialView found = known(view, trial);
              return blocking(() -> TrialDetails.of(view, curves.of(view, List.of(found)), found));
            });
  }

  @Override
  public CompletionStage<List<SweepSource.Event>> events(SweepId sweep) {
    // Asked first: it is known then.
    return sweep(sweep).thenCompose(view -> new SweepHistory(actors.system()).of(sweep));
  }

  @Override
  public CompletionStage<Export> metrics(SweepId sweep, MetricExport.Format format) {
    return sweep(sweep)
        .thenApply(
            view ->
                out ->
                    MetricExport.write(
                        MetricExport.byTrial(view, metrics.store().rows(sweep)), format, out));
  }

  @Override
  public CompletionStage<List<AttemptLog>> log(SweepId sweep, TrialId trial) {
    return trial(sweep, trial).thenCompose(view -> blocking(() -> files.logs(sweep, view)));
  }

  @Override
  public CompletionStage<List<AnswerView>> answers(SweepId sweep, TrialId trial) {
    return trial(sweep, trial).thenCompose(view -> blocking(() -> files.answers(sweep, view)));
  }

  @Override
  public CompletionStage<List<AdapterFile>> adapter(SweepId sweep, TrialId trial) {
    return trial(sweep, trial).thenCompose(view -> blocking(() -> files.adapter(sweep, view)));
  }

  @Override
  public CompletionStage<List<WorkerView>> workers() {
    return actors.askFleet(FleetActor.AskWorkers::new);
  }

  @Override
  public CompletionStage<WorkerView> release(WorkerId worker) {
    return actors
        .<Boolean>askFleet(replyTo -> new FleetActor.Release(worker, by, replyTo))
        .thenCompose(known -> workers())
        .thenApply(
            all ->
                all.stream()
                    .filter(view -> view.id().equals(worker))
                    .findFirst()
                    .orElseThrow(
                        () ->
                            new Refused(
                                Reason.UNKNOWN,
                                "There is no worker %s. List those there are with: espalier workers"
                                    .formatted(worker))));
  }

  @Override
  public CompletionStage<Boolean> hasFile(String sha256) {
    return blocking(() -> uploads.has(sha256));
  }

  @Override
  public CompletionStage<Boolean> keepFile(String sha256, InputStream bytes) {
    return blocking(
        () -> {
          try {
            return uploads.keep(sha256, bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private <T> CompletionStage<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, disk);
  }

  private static String word(SweepView view) {
    return view.state().name().toLowerCase(Locale.ROOT);
  }

  private static TrialView known(SweepView view, TrialId trial) {
    return view.trials().stream()
        .filter(there -> there.config().id().equals(trial))
        .findFirst()
        .orElseThrow(
            () ->
                new Refused(
                    Reason.UNKNOWN,
                    view.trials().isEmpty()
                        ? "Sweep %s has no trials yet: they are planned when a worker has read its data."
                            .formatted(view.id())
                        : "Sweep %s has no trial %s; its trials are 0 to %d."
                            .formatted(view.id(), trial, view.trials().size() - 1)));
  }

  private static <T> T known(SweepId sweep, Optional<T> found) {
    return found.orElseThrow(
        () ->
            new Refused(
                Reason.UNKNOWN,
                "There is no sweep %s in this store. List those there are with: espalier ls"
                    .formatted(sweep)));
  }
}
