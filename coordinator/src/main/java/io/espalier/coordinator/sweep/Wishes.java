package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import java.util.List;
import java.util.Optional;

/** What people want of a sweep: the part of {@link Decisions} that is theirs. */
record Wishes(Draft draft, Policy policy) {

  void take(SweepInput.Wish wish) {
    if (wish instanceof SweepInput.Rate rate) {
      rated(rate);
    } else if (wish instanceof SweepInput.Extend extend) {
      extended(extend);
    } else if (wish instanceof SweepInput.Retry retry) {
      retried(retry);
    } else if (wish instanceof SweepInput.DropCheckpoints drop) {
      checkpointsDropped(drop);
    } else if (wish instanceof SweepInput.ChangeBudget change) {
      budgetChanged(change);
    } else if (!draft.sweep().isUnfinished()) {
      return;
    } else if (wish instanceof SweepInput.Stop stop) {
      stopped(stop);
    } else if (wish instanceof SweepInput.StopTrial stop) {
      trialStopped(stop);
    } else if (wish instanceof SweepInput.Pause pause) {
      if (draft.sweep().paused().isEmpty() && draft.sweep().stop().isEmpty()) {
        draft.add(new SweepEvent.Paused(pause.time()));
      }
    } else if (wish instanceof SweepInput.Resume resume) {
      if (draft.sweep().paused().isPresent()) {
        draft.add(new SweepEvent.Resumed(resume.time()));
      }
    }
  }

  private void stopped(SweepInput.Stop stop) {
    if (draft.sweep().stop().isPresent()) {
      return;
    }
    draft.stop(stop.reason(), stop.time());
    if (draft.sweep().phase() == Sweep.Phase.PREPARING) {
      draft.end(SweepView.State.STOPPED, Optional.of(stop.reason()), stop.time());
    }
    draft.endIfDone(stop.time());
  }

  /**
   * A trial that others go on without ends here, also where they are on branches that are to fork
   * from its own; the last one's end is its worker's.
   */
  private void trialStopped(SweepInput.StopTrial stop) {
    Optional<BranchProgress> found = draft.open(stop.trial());
    if (found.isEmpty() || draft.sweep().stop().isPresent() || found.get().givenUp().isPresent()) {
      return;
    }
    BranchProgress progress = found.get();
    boolean needed = draft.sweep().isNeededWithout(stop.trial());
    draft.add(
        new SweepEvent.TrialStopRequested(progress.id(), stop.trial(), stop.reason(), stop.time()));
    if (progress.isWaiting() || needed) {
      progress.open().stream()
          .filter(end -> end.trial().equals(stop.trial()))
          .forEach(
              end -> draft.endOpen(progress, end, new Outcome.Stopped(stop.reason()), stop.time()));
    }
    draft.endIfDone(stop.time());
  }

  private void extended(SweepInput.Extend extend) {
    Sweep sweep = draft.sweep();
    if (sweep.branches().size() == 0) {
      throw new UserError(
          "%s has no trials that could be extended: %s."
              .formatted(
                  sweep.id(),
                  sweep.isUnfinished()
                      ? "they are planned when a worker has read its data"
                      : "it ended before they were planned"));
    }
    refuseWhileStopping(extend.word());
    refuseBeyondBudget(extend.word());
    Optional<TrialId> trial = extend.more().trial();
    if (trial.isPresent() && !sweep.has(trial.get())) {
      throw new UserError(noSuch(trial.get()));
    }
    List<Branch> more = policy.extension(sweep, extend.more());
    if (!sweep.isUnfinished()) {
      draft.add(new SweepEvent.Reopened(extend.time()));
    }
    draft.plan(more);
  }

  private void refuseWhileStopping(String wish) {
    Sweep sweep = draft.sweep();
    if (sweep.isUnfinished() && sweep.stop().isPresent()) {
      throw new UserError(
          "%s is being stopped: %s it once it has ended.".formatted(sweep.id(), wish));
    }
  }

  /** It would be stopped again at once. */
  private void refuseBeyondBudget(String wish) {
    DeviceUse.beyond(policy.budget(draft.sweep()), draft.sweep())
        .ifPresent(
            how -> {
              throw new UserError(
                  "%s has used %s: raise it with --max-device-hours to %s it."
                      .formatted(draft.sweep().id(), how, wish));
            });
  }

  private void checkpointsDropped(SweepInput.DropCheckpoints drop) {
    Sweep sweep = draft.sweep();
    if (sweep.isUnfinished()) {
      throw new UserError(
          "%s has not ended: its trials go on from their checkpoints.".formatted(sweep.id()));
    }
    if (sweep.branches().stream().flatMap(BranchProgress::left).findAny().isPresent()) {
      draft.add(new SweepEvent.CheckpointsDropped(drop.time()));
    }
  }

  private void budgetChanged(SweepInput.ChangeBudget change) {
    BudgetSpec old = policy.budget(draft.sweep());
    BudgetSpec changed = change.change().of(old);
    if (!changed.equals(old)) {
      draft.add(
          new SweepEvent.BudgetChanged(
              changed.maxTrials(), changed.maxDeviceTime(), change.time()));
    }
  }

  private void retried(SweepInput.Retry retry) {
    Sweep sweep = draft.sweep();
    refuseWhileStopping("retry");
    refuseBeyondBudget("retry");
    List<TrialId> again =
        sweep.branches().stream()
            .filter(progress -> progress.current().isEmpty())
            .flatMap(progress -> progress.results().stream())
            .filter(result -> result.outcome().mayBeRetried())
            .map(TrialResult::trial)
            .filter(trial -> retry.trial().map(trial::equals).orElse(true))
            .toList();
    if (again.isEmpty()) {
      throw new UserError(nothingToRetry(retry.trial()));
    }
    if (!sweep.isUnfinished()) {
      draft.add(new SweepEvent.Reopened(retry.time()));
    }
    draft.add(new SweepEvent.Retried(again, retry.time()));
  }

  private String nothingToRetry(Optional<TrialId> trial) {
    Sweep sweep = draft.sweep();
    if (trial.isEmpty()) {
      return "%s has no trial that failed or was stopped.".formatted(sweep.id());
    }
    if (!sweep.has(trial.get())) {
      return noSuch(trial.get());
    }
    Optional<Outcome> outcome =
        sweep.branches().stream()
            .flatMap(progress -> progress.result(trial.get()).stream())
            .map(TrialResult::outcome)
            .findFirst();
    if (outcome.filter(Outcome::mayBeRetried).isPresent()) {
      return "Trial %s of %s shares its training with others that run now: retry it when they have ended."
          .formatted(trial.get(), sweep.id());
    }
    return "Trial %s of %s %s: only what failed or was stopped can be tried again."
        .formatted(
            trial.get(),
            sweep.id(),
            outcome.map(how -> "is " + how.word()).orElse("has not ended"));
  }

  private String noSuch(TrialId trial) {
    return "%s has no trial %s.".formatted(draft.sweep().id(), trial);
  }

  private void rated(SweepInput.Rate rate) {
    Sweep sweep = draft.sweep();
    if (sweep.has(rate.trial())
        && !sweep.ratings().contains(new Sweep.Rated(rate.trial(), rate.rating()))) {
      draft.add(new SweepEvent.Rated(rate.trial(), rate.rating(), rate.time()));
    }
  }
}
