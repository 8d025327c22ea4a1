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
import java.io.InputStream;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** What people ask of a coordinator, carried to its actors and its store. */
record SweepService(
    Clock clock, Sweeps all, StoreKeeping store, MetricsService metrics, SweepCurves curves)
    implements Backend, SweepSource {
  private static final int LONGEST_KEY = 200;

  @Override
  public SweepService askedBy(Caller caller) {
    return new SweepService(
        clock, all.askedBy(caller.name()), store.askedBy(caller.name()), metrics, curves);
  }

  /** Why something was stopped that nothing else ended. */
  String stopped() {
    return "stopped by " + all.by().orElse("its user");
  }

  @Override
  public CompletionStage<SweepId> submit(Submission submission, Optional<String> key) {
    if (key.filter(text -> text.isBlank() || text.length() > LONGEST_KEY).isPresent()) {
      throw new Refused(
          Reason.INVALID,
          "The Idempotency-Key is empty or too long; expected 1 to %d characters, a UUID for instance."
              .formatted(LONGEST_KEY));
    }
    return all.blocking(() -> store.accept(submission))
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
    return all.actors()
        .askSweeps(
            replyTo ->
                new SweepsActor.Submit(spec.name(), submission, key, attended, all.by(), replyTo));
  }

  /** Oldest first; without those that were never submitted. */
  CompletionStage<List<Coordinator.Unfinished>> unfinished() {
    return all.state()
        .thenCompose(
            state ->
                Sweeps.each(state.open().stream().map(all::found).toList())
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
    return all.summaries();
  }

  @Override
  public CompletionStage<SweepView> sweep(SweepId sweep) {
    return all.view(sweep);
  }

  @Override
  public CompletionStage<TrialView> trial(SweepId sweep, TrialId trial) {
    return all.trial(sweep, trial);
  }

  @Override
  public CompletionStage<SweepView> stop(SweepId sweep) {
    return all.unfinished(sweep, new SweepInput.Stop(stopped(), clock.instant()), "stop");
  }

  @Override
  public CompletionStage<SweepView> pause(SweepId sweep) {
    return all.unfinished(sweep, new SweepInput.Pause(clock.instant()), "pause");
  }

  @Override
  public CompletionStage<SweepView> resume(SweepId sweep) {
    return all.unfinished(sweep, new SweepInput.Resume(clock.instant()), "resume");
  }

  @Override
  public CompletionStage<TrialView> stop(SweepId sweep, TrialId trial) {
    return all.wish(sweep, new SweepInput.StopTrial(trial, stopped(), clock.instant()))
        .thenApply(
            change -> {
              Optional<TrialResult> result = Sweeps.known(change.before(), trial).result();
              if (result.isPresent()) {
                throw new Refused(
                    Reason.TOO_LATE,
                    "Trial %s of %s has ended already: it was %s after %d updates. There is nothing to stop."
                        .formatted(
                            trial, sweep, result.get().outcome().word(), result.get().updates()));
              }
              return Sweeps.known(change.after(), trial);
            });
  }

  @Override
  public CompletionStage<TrialView> rate(SweepId sweep, TrialId trial, Rating rating) {
    RatingRules.check(rating);
    return all.wish(sweep, new SweepInput.Rate(trial, rating, clock.instant()))
        .thenApply(change -> Sweeps.known(change.after(), trial));
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
    return all.reopening(sweep, new SweepInput.Extend(more, clock.instant()), attended);
  }

  @Override
  public CompletionStage<SweepView> changeBudget(SweepId sweep, BudgetChange change) {
    return all.wish(sweep, new SweepInput.ChangeBudget(change, clock.instant()))
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
    return all.reopening(sweep, new SweepInput.Retry(trial, clock.instant()), attended);
  }

  @Override
  public List<LiveUpdate> live(SweepId sweep) {
    return metrics.live().updates(sweep);
  }

  @Override
  public CompletionStage<Charts> curves(SweepId sweep) {
    return all.view(sweep).thenCompose(view -> all.blocking(() -> curves.charts(view)));
  }

  @Override
  public CompletionStage<TrialDetails> details(SweepId sweep, TrialId trial) {
    return all.view(sweep)
        .thenCompose(
            view -> {
              TrialView found = Sweeps.known(view, trial);
              return all.blocking(
                  () -> TrialDetails.of(view, curves.of(view, List.of(found)), found));
            });
  }

  @Override
  public CompletionStage<List<SweepSource.Event>> events(SweepId sweep) {
    // Asked first: it is known then.
    return all.view(sweep).thenCompose(view -> new SweepHistory(all.actors().system()).of(sweep));
  }

  @Override
  public CompletionStage<Export> metrics(SweepId sweep, MetricExport.Format format) {
    return all.view(sweep)
        .thenApply(
            view ->
                out ->
                    MetricExport.write(
                        MetricExport.byTrial(view, metrics.store().rows(sweep)), format, out));
  }

  @Override
  public CompletionStage<List<AttemptLog>> log(SweepId sweep, TrialId trial) {
    return all.trial(sweep, trial)
        .thenCompose(view -> all.blocking(() -> store.files().logs(sweep, view)));
  }

  @Override
  public CompletionStage<List<AnswerView>> answers(SweepId sweep, TrialId trial) {
    return all.trial(sweep, trial)
        .thenCompose(view -> all.blocking(() -> store.files().answers(sweep, view)));
  }

  @Override
  public CompletionStage<List<AdapterFile>> adapter(SweepId sweep, TrialId trial) {
    return all.trial(sweep, trial)
        .thenCompose(view -> all.blocking(() -> store.files().adapter(sweep, view)));
  }

  @Override
  public CompletionStage<List<WorkerView>> workers() {
    return all.actors().askFleet(FleetActor.AskWorkers::new);
  }

  @Override
  public CompletionStage<WorkerView> release(WorkerId worker) {
    return all.actors()
        .<Boolean>askFleet(replyTo -> new FleetActor.Release(worker, all.by(), replyTo))
        .thenCompose(known -> workers())
        .thenApply(
            views ->
                views.stream()
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
  public CompletionStage<Long> remove(SweepId sweep) {
    return store.remove(sweep);
  }

  @Override
  public CompletionStage<Long> removeCheckpoints(SweepId sweep) {
    return store.removeCheckpoints(sweep);
  }

  @Override
  public CompletionStage<Long> removeFiles() {
    return store.removeFiles();
  }

  @Override
  public CompletionStage<Boolean> hasFile(String sha256) {
    return store.hasFile(sha256);
  }

  @Override
  public CompletionStage<Boolean> keepFile(String sha256, InputStream bytes) {
    return store.keepFile(sha256, bytes);
  }
}
