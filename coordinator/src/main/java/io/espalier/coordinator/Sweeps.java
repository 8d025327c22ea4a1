package io.espalier.coordinator;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.api.Refused;
import io.espalier.coordinator.api.Refused.Reason;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepsActor;
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
import org.apache.pekko.Done;

/**
 * The sweeps that there are, as their actors tell of them, and what is wished of them.
 *
 * @param disk runs what blocks
 * @param by the name of who asks, where it is known
 */
record Sweeps(Actors actors, EndedSummaries ended, Executor disk, Optional<String> by) {
  Sweeps askedBy(Optional<String> name) {
    return new Sweeps(actors, ended, disk, name);
  }

  CompletionStage<SweepsActor.State> state() {
    return actors.askSweeps(SweepsActor.AskAll::new);
  }

  CompletionStage<List<SweepSummary>> summaries() {
    return state()
        .thenCompose(
            state ->
                each(
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
    return found(sweep).thenApply(view -> view.map(SweepSummary::of));
  }

  CompletionStage<Optional<SweepView>> found(SweepId sweep) {
    return actors
        .<Optional<SweepView>>ask(sweep, SweepActor.AskView::new)
        .thenApply(view -> view.flatMap(Function.identity()));
  }

  /** Fails with {@link Refused} where there is no such sweep. */
  CompletionStage<SweepView> view(SweepId sweep) {
    return found(sweep).thenApply(view -> known(sweep, view));
  }

  /** The same of a trial. */
  CompletionStage<TrialView> trial(SweepId sweep, TrialId trial) {
    return view(sweep).thenApply(view -> known(view, trial));
  }

  CompletionStage<Set<String>> uploadsOf(SweepId sweep) {
    return actors
        .<Set<String>>ask(sweep, SweepActor.AskUploads::new)
        .thenApply(Optional::orElseThrow);
  }

  /** Completes once what follows from the wish is journaled. */
  CompletionStage<SweepActor.Change> wish(SweepId sweep, SweepInput.Wish wish) {
    return actors
        .<Optional<SweepActor.Change>>ask(sweep, replyTo -> new SweepActor.Wish(wish, by, replyTo))
        .thenApply(change -> known(sweep, change.flatMap(Function.identity())));
  }

  /** A wish that comes too late when the sweep has ended. */
  CompletionStage<SweepView> unfinished(SweepId sweep, SweepInput.Wish wish, String whatFor) {
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

  /** A wish by which a sweep may go on that has ended. */
  CompletionStage<SweepView> reopening(SweepId sweep, SweepInput.Wish wish, boolean attended) {
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

  static void refuse(SweepActor.Change change) {
    change
        .refusal()
        .ifPresent(
            why -> {
              throw new Refused(Reason.INVALID, why);
            });
  }

  /** What all of them complete with, in their order. */
  static <T> CompletionStage<List<T>> each(List<CompletionStage<T>> stages) {
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

  <T> CompletionStage<T> blocking(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, disk);
  }

  private static String word(SweepView view) {
    return view.state().name().toLowerCase(Locale.ROOT);
  }

  static TrialView known(SweepView view, TrialId trial) {
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
