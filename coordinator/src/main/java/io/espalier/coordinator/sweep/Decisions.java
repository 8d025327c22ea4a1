package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.coordinator.report.SweepView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which events an input leads to in a sweep's state. Pure; one instance serves one decision. */
public final class Decisions {
  /** After so many tries that failed a branch, or the preparation, is given up. */
  static final int ATTEMPTS = 3;

  private final Policy policy;
  private final Draft draft;
  private final Endings endings;

  private Decisions(Sweep sweep, Policy policy) {
    this.draft = new Draft(sweep, policy);
    this.endings = new Endings(draft);
    this.policy = policy;
  }

  /** The events to journal, in order; none when the input changes nothing. */
  public static List<SweepEvent> decide(Sweep sweep, SweepInput input, Policy policy) {
    Decisions decisions = new Decisions(sweep, policy);
    decisions.take(input);
    if (!decisions.draft.events().isEmpty()) {
      decisions.endings.stranded(input.time());
      if (!decisions.draft.events().stream().allMatch(Decisions::leavesAllCheckpoints)) {
        decisions.endings.surplus(policy, input.time());
      }
      decisions.endings.beyondBudget(policy, input.time());
    }
    decisions.endings.leftBehind(policy, input.time());
    return decisions.draft.events();
  }

  /** Of what happens most often, that it makes no trial's end needless. */
  private static boolean leavesAllCheckpoints(SweepEvent event) {
    return event instanceof SweepEvent.Leased || event instanceof SweepEvent.Evaluated;
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
      new Wishes(draft, policy).take(wish);
      return;
    }
    if (!draft.sweep().isUnfinished()) {
      return;
    }
    if (input instanceof SweepInput.Ask ask) {
      asked(ask);
    } else if (input instanceof SweepInput.Move move) {
      Moves.of(draft.sweep(), move).ifPresent(draft::add);
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
        endings.attemptLost(lost.branch(), lost.attempt(), lost.loss(), lost.time());
      }
    } else if (input instanceof SweepInput.Evaluated evaluated) {
      evaluated(evaluated);
    } else if (input instanceof SweepInput.Unfit unfit) {
      endings.unfit(unfit);
    } else if (input instanceof SweepInput.MilestonesReached reached) {
      endings.reached(reached);
    } else if (input instanceof SweepInput.CheckpointLeft left) {
      checkpointLeft(left);
    } else if (input instanceof SweepInput.BranchRested rested) {
      endings.rested(rested, isAtRest(rested));
    } else if (input instanceof SweepInput.BranchEnded ended) {
      endings.branchEnded(ended);
      if (policy.skipsDominated() && draft.sweep().isUnfinished()) {
        endings.skipDominated(ended.time());
      }
    } else if (input instanceof SweepInput.Unreadable unreadable) {
      endings.unreadable(unreadable);
    }
  }

  /** Whether it was to rest there; else its worker gave it back. */
  private boolean isAtRest(SweepInput.BranchRested rested) {
    if (!draft.sweep().isCurrent(rested.branch(), rested.attempt())) {
      return false;
    }
    long begun =
        draft.branch(rested.branch()).current().map(BranchProgress.Running::begun).orElse(0L);
    return policy
        .rest(draft.sweep(), rested.branch(), begun)
        .equals(Optional.of(rested.place().update()));
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
    if (draft.sweep().stop().isPresent()
        || draft.sweep().paused().isPresent()
        || draft.sweep().excludes(ask.worker())) {
      return;
    }
    List<BranchId> promoted = policy.promoted(draft.sweep());
    long waits =
        promoted.size() + draft.sweep().branches().stream().filter(BranchProgress::isReady).count();
    int room = ask.room().free();
    if (waits < room && policy.isGrowing(draft.sweep())) {
      List<Branch> further = policy.further(draft.sweep(), room - (int) waits);
      if (!further.isEmpty()) {
        draft.add(new SweepEvent.Planned(further));
      }
    }
    Forks forks = draft.sweep().forks();
    Dominance dominance = Dominance.of(draft.sweep());
    List<BranchProgress> waiting =
        new ArrayList<>(
            promoted.stream()
                .map(draft.sweep().branches()::get)
                .filter(progress -> mayHave(ask, progress))
                .toList());
    draft.sweep().branches().stream()
        .filter(BranchProgress::isReady)
        .filter(forks::canBegin)
        .filter(progress -> mayHave(ask, progress))
        .map(progress -> Candidate.of(progress, dominance, forks))
        .sorted(Candidate.FIRST)
        .forEach(candidate -> waiting.add(candidate.progress()));
    // What the next free slot could begin at once is not put in line behind a busy one.
    int spare = Math.max(0, waiting.size() - ask.room().free() - ask.room().everywhere());
    int count = ask.room().free() + Math.min(ask.room().ahead(), spare);
    for (BranchProgress progress : waiting.subList(0, Math.min(count, waiting.size()))) {
      draft.add(
          new SweepEvent.Leased(
              progress.id(),
              nextAttempt(ask.epoch()),
              ask.worker(),
              forks.start(progress),
              ask.time()));
    }
  }

  /** What failed here goes to another, where there is one. */
  private static boolean mayHave(SweepInput.Ask ask, BranchProgress progress) {
    return ask.room().alone() || !progress.failedAt().contains(ask.worker().place());
  }

  /**
   * A branch that could be leased, with what its place in the line depends on.
   *
   * @param dominated whether it is likely to come apart
   * @param left its updates that are left
   */
  private record Candidate(BranchProgress progress, boolean dominated, long left) {
    /** Longest first. */
    static final Comparator<Candidate> FIRST =
        Comparator.comparing(Candidate::dominated)
            .thenComparing(Comparator.comparingLong(Candidate::left).reversed())
            .thenComparing(candidate -> candidate.progress().id());

    static Candidate of(BranchProgress progress, Dominance dominance, Forks forks) {
      long begun = forks.start(progress).map(Checkpoint::update).orElse(0L);
      return new Candidate(
          progress, dominance.over(progress).isPresent(), progress.lastUpdate() - begun);
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
    draft.plan(branches);
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
              verdict -> {
                draft.add(new SweepEvent.Judged(input.branch(), input.attempt(), verdict));
                endings.prunedWith(progress.id(), verdict, input.time());
              });
    }
  }

  private void checkpointLeft(SweepInput.CheckpointLeft input) {
    if (!draft.sweep().isCurrent(input.branch(), input.attempt())
        || draft.sweep().isTooEarly(input.branch(), input.checkpoint())) {
      return;
    }
    BranchProgress progress = draft.branch(input.branch());
    long update = input.checkpoint().update();
    boolean newest = progress.checkpoints().stream().allMatch(old -> old.update() < update);
    boolean awaited = draft.sweep().forks().awaited(progress).contains(update);
    if (newest || awaited) {
      draft.add(
          new SweepEvent.CheckpointKept(
              input.branch(), input.attempt(), input.checkpoint(), input.time()));
    }
  }
}
