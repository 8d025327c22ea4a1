package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which events an input leads to in a sweep's state. Pure; one instance serves one decision. */
public final class Decisions {
  /** After so many tries that failed a branch, or the preparation, is given up. */
  static final int ATTEMPTS = 3;

  /** So many workers may vanish under a branch: it may be what ends them. */
  static final int LOST_WORKERS = 10;

  /** Trials in one event, so that a large plan stays below the journal's row size. */
  private static final int PLANNED_AT_ONCE = 500;

  private static final Comparator<BranchProgress> LONGEST_FIRST =
      Comparator.<BranchProgress>comparingLong(p -> -p.lastUpdate())
          .thenComparing(BranchProgress::id);

  private final Policy policy;
  private final Draft draft;

  private Decisions(Sweep sweep, Policy policy) {
    this.draft = new Draft(sweep);
    this.policy = policy;
  }

  /** The events to journal, in order; none when the input changes nothing. */
  public static List<SweepEvent> decide(Sweep sweep, SweepInput input, Policy policy) {
    Decisions decisions = new Decisions(sweep, policy);
    decisions.take(input);
    return decisions.draft.events();
  }

  private void take(SweepInput input) {
    if (input instanceof SweepInput.Submit submit) {
      if (draft.sweep().phase() == Sweep.Phase.UNSUBMITTED) {
        draft.add(
            new SweepEvent.Submitted(
                draft.sweep().id(),
                submit.yaml(),
                submit.baseDirectory(),
                submit.files(),
                submit.time()));
      }
      return;
    }
    if (input instanceof SweepInput.Wish wish) {
      new Wishes(draft).take(wish);
      return;
    }
    if (!draft.sweep().isUnfinished()) {
      return;
    }
    if (input instanceof SweepInput.Ask ask) {
      asked(ask);
    } else if (input instanceof SweepInput.Prepared prepared) {
      prepared(prepared);
    } else if (input instanceof SweepInput.PreparationFailed failed) {
      if (isPreparing(failed.worker())) {
        draft.end(SweepView.State.FAILED, Optional.of(failed.problem()), failed.time());
      }
    } else if (input instanceof SweepInput.CannotPrepare cannot) {
      cannotPrepare(cannot);
    } else if (input instanceof SweepInput.PreparationLost lost) {
      preparationLost(lost);
    } else if (input instanceof SweepInput.LeaseLost lost) {
      if (draft.sweep().isCurrent(lost.branch(), lost.attempt())) {
        attemptLost(lost.branch(), lost.attempt(), lost.loss(), lost.time());
      }
    } else if (input instanceof SweepInput.Evaluated evaluated) {
      evaluated(evaluated);
    } else if (input instanceof SweepInput.Unfit unfit) {
      unfit(unfit);
    } else if (input instanceof SweepInput.MilestonesReached reached) {
      if (draft.sweep().isCurrent(reached.branch(), reached.attempt())) {
        counted(reached.branch(), reached.attempt(), reached.results(), reached.time());
        draft.endIfDone(reached.time());
      }
    } else if (input instanceof SweepInput.BranchEnded ended) {
      if (draft.sweep().isCurrent(ended.branch(), ended.attempt())) {
        branchEnded(ended);
      }
    } else if (input instanceof SweepInput.Unreadable unreadable) {
      unreadable(unreadable);
    }
  }

  private void unreadable(SweepInput.Unreadable input) {
    for (BranchProgress progress : draft.sweep().branches().stream().toList()) {
      progress
          .current()
          .ifPresent(
              running ->
                  draft.add(
                      new SweepEvent.LeaseLost(
                          progress.id(),
                          running.attempt(),
                          Loss.returned(input.problem()),
                          input.time())));
      draft.endOpen(progress, new Outcome.Failed(input.problem()), input.time());
    }
    draft.end(SweepView.State.FAILED, Optional.of(input.problem()), input.time());
  }

  private void asked(SweepInput.Ask ask) {
    if (draft.sweep().phase() == Sweep.Phase.PREPARING) {
      // It would wait behind the branches of a worker that is busy.
      if (draft.sweep().preparation().worker().isEmpty()
          && ask.room().free() > 0
          && !draft.sweep().excludes(ask.worker())) {
        draft.add(new SweepEvent.PreparationAssigned(ask.worker(), ask.time()));
      }
      return;
    }
    if (draft.sweep().stop().isPresent() || draft.sweep().excludes(ask.worker())) {
      return;
    }
    List<BranchProgress> waiting =
        draft.sweep().branches().stream()
            .filter(BranchProgress::isWaiting)
            .sorted(LONGEST_FIRST)
            .toList();
    // What the next free slot could begin at once is not put in line behind a busy one.
    int spare = Math.max(0, waiting.size() - ask.room().free() - ask.room().everywhere());
    int count = ask.room().free() + Math.min(ask.room().ahead(), spare);
    for (BranchProgress progress : waiting.subList(0, Math.min(count, waiting.size()))) {
      draft.add(
          new SweepEvent.Leased(progress.id(), nextAttempt(ask.epoch()), ask.worker(), ask.time()));
    }
  }

  private Attempt nextAttempt(long epoch) {
    return draft
        .sweep()
        .lastAttempt()
        .filter(last -> last.epoch() == epoch)
        .map(last -> new Attempt(epoch, last.number() + 1))
        .orElse(new Attempt(epoch, 1));
  }

  private void prepared(SweepInput.Prepared prepared) {
    if (!isPreparing(prepared.worker())) {
      return;
    }
    draft.add(new SweepEvent.Prepared(prepared.worker(), prepared.dataset(), prepared.time()));
    List<Branch> branches;
    try {
      branches = policy.branches(prepared.dataset());
    } catch (UserError problem) {
      draft.end(SweepView.State.FAILED, Optional.ofNullable(problem.getMessage()), prepared.time());
      return;
    }
    if (branches.isEmpty()) {
      draft.end(SweepView.State.FAILED, Optional.of("the search has no trials"), prepared.time());
      return;
    }
    List<Branch> some = new ArrayList<>();
    int trials = 0;
    for (Branch branch : branches) {
      trials += branch.milestones().size();
      if (trials > PLANNED_AT_ONCE && !some.isEmpty()) {
        draft.add(new SweepEvent.Planned(some));
        some.clear();
        trials = branch.milestones().size();
      }
      some.add(branch);
    }
    draft.add(new SweepEvent.Planned(some));
  }

  private void preparationLost(SweepInput.PreparationLost lost) {
    if (!isPreparing(lost.worker())) {
      return;
    }
    draft.add(new SweepEvent.PreparationLost(lost.worker(), lost.reason(), lost.time()));
    List<String> losses = draft.sweep().preparation().losses();
    if (losses.size() >= ATTEMPTS) {
      String problem =
          "model and data could not be read in %d attempts: %s"
              .formatted(
                  losses.size(), losses.stream().distinct().collect(Collectors.joining("; ")));
      draft.end(SweepView.State.FAILED, Optional.of(problem), lost.time());
    }
  }

  /** It gets nothing of this sweep while there are others; alone it may try again. */
  private void cannotPrepare(SweepInput.CannotPrepare cannot) {
    if (!isPreparing(cannot.worker())) {
      return;
    }
    preparationLost(
        new SweepInput.PreparationLost(cannot.worker(), cannot.reason(), cannot.time()));
    boolean others =
        cannot.connected().stream()
            .anyMatch(other -> !other.equals(cannot.worker()) && !draft.sweep().excludes(other));
    if (draft.sweep().isUnfinished() && others) {
      draft.add(new SweepEvent.WorkerExcluded(cannot.worker(), cannot.reason(), cannot.time()));
    }
  }

  private boolean isPreparing(WorkerId worker) {
    return draft.sweep().phase() == Sweep.Phase.PREPARING
        && draft.sweep().preparation().worker().equals(Optional.of(worker));
  }

  private void evaluated(SweepInput.Evaluated input) {
    if (!draft.sweep().isCurrent(input.branch(), input.attempt())) {
      return;
    }
    List<Report> fresh = draft.branch(input.branch()).fresh(input.reports());
    if (fresh.isEmpty()) {
      return;
    }
    draft.add(new SweepEvent.Evaluated(input.branch(), input.attempt(), fresh));
    BranchProgress progress = draft.branch(input.branch());
    if (progress.verdict().isEmpty()) {
      policy
          .judge(draft.sweep(), progress, fresh)
          .ifPresent(
              verdict ->
                  draft.add(new SweepEvent.Judged(input.branch(), input.attempt(), verdict)));
    }
  }

  private void branchEnded(SweepInput.BranchEnded input) {
    List<Outcome> others = counted(input.branch(), input.attempt(), input.results(), input.time());
    BranchProgress progress = draft.branch(input.branch());
    if (!progress.hasEnded()) {
      attemptLost(input.branch(), input.attempt(), loss(progress, others), input.time());
    }
    draft.endIfDone(input.time());
  }

  /** Ends the trials whose results count; how the others ended. */
  private List<Outcome> counted(
      BranchId branch, Attempt attempt, List<TrialResult> results, Instant time) {
    List<Outcome> others = new ArrayList<>();
    for (TrialResult result : results) {
      BranchProgress progress = draft.branch(branch);
      if (!progress.isOpen(result.trial())) {
        continue;
      }
      if (counts(progress, result.outcome())) {
        draft.end(branch, Optional.of(attempt), result, time);
      } else {
        others.add(result.outcome());
      }
    }
    return others;
  }

  private static Loss loss(BranchProgress progress, List<Outcome> outcomes) {
    if (outcomes.isEmpty()) {
      return Loss.failed("its worker gave no result for trial " + progress.open().get(0).trial());
    }
    String reasons = outcomes.stream().map(Outcome::reason).collect(Collectors.joining("; "));
    return outcomes.stream().allMatch(Outcome.Stopped.class::isInstance)
        ? Loss.returned(reasons)
        : Loss.failed(reasons);
  }

  /** A failure, and a stop that nobody here asked for, is the worker's and not the trial's end. */
  private boolean counts(BranchProgress progress, Outcome outcome) {
    if (outcome instanceof Outcome.Failed) {
      return false;
    }
    return !(outcome instanceof Outcome.Stopped)
        || draft.sweep().stop().isPresent()
        || progress.givenUp().isPresent();
  }

  private void attemptLost(BranchId branch, Attempt attempt, Loss loss, Instant time) {
    draft.add(new SweepEvent.LeaseLost(branch, attempt, loss, time));
    BranchProgress progress = draft.branch(branch);
    if (progress.givenUp().isPresent()) {
      draft.endOpen(progress, progress.givenUp().get(), time);
    } else if (draft.sweep().stop().isPresent()) {
      draft.endOpen(progress, new Outcome.Stopped(draft.sweep().stop().get()), time);
    } else if (progress.losses(Loss.Kind.FAILED).size() >= ATTEMPTS
        || progress.losses(Loss.Kind.GONE).size() >= LOST_WORKERS) {
      List<String> reasons =
          progress.losses().stream()
              .filter(lost -> lost.kind() != Loss.Kind.RETURNED)
              .map(Loss::reason)
              .toList();
      String sentence =
          "given up after %d attempts: %s".formatted(reasons.size(), String.join("; ", reasons));
      draft.endOpen(progress, new Outcome.Failed(sentence), time);
    }
    draft.endIfDone(time);
  }

  /** Its branches go to others and it gets no more of this sweep. */
  private void unfit(SweepInput.Unfit unfit) {
    if (!draft.sweep().excludes(unfit.worker())) {
      draft.add(new SweepEvent.WorkerExcluded(unfit.worker(), unfit.reason(), unfit.time()));
    }
    for (BranchProgress progress : draft.sweep().branches().stream().toList()) {
      progress
          .current()
          .filter(running -> running.worker().equals(unfit.worker()))
          .ifPresent(
              running ->
                  attemptLost(
                      progress.id(),
                      running.attempt(),
                      Loss.returned(unfit.reason()),
                      unfit.time()));
    }
  }
}
