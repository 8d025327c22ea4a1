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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Which events an input leads to in a sweep's state. Pure; one instance serves one decision. */
public final class Decisions {
  /** After so many attempts that came to nothing a branch, or the preparation, is given up. */
  static final int ATTEMPTS = 3;

  /** Branches in one event, so that a large plan stays below the journal's row size. */
  private static final int PLANNED_AT_ONCE = 500;

  private static final Comparator<BranchProgress> LONGEST_FIRST =
      Comparator.<BranchProgress>comparingLong(p -> -p.branch().updates())
          .thenComparing(BranchProgress::id);

  private final Policy policy;
  private final List<SweepEvent> events = new ArrayList<>();
  private Sweep sweep;

  private Decisions(Sweep sweep, Policy policy) {
    this.sweep = sweep;
    this.policy = policy;
  }

  /** The events to journal, in order; none when the input changes nothing. */
  public static List<SweepEvent> decide(Sweep sweep, SweepInput input, Policy policy) {
    Decisions decisions = new Decisions(sweep, policy);
    decisions.take(input);
    return List.copyOf(decisions.events);
  }

  private void take(SweepInput input) {
    if (input instanceof SweepInput.Submit submit) {
      if (sweep.phase() == Sweep.Phase.UNSUBMITTED) {
        add(
            new SweepEvent.Submitted(
                sweep.id(), submit.yaml(), submit.baseDirectory(), submit.time()));
      }
      return;
    }
    if (!sweep.isUnfinished()) {
      return;
    }
    if (input instanceof SweepInput.Ask ask) {
      asked(ask);
    } else if (input instanceof SweepInput.Prepared prepared) {
      prepared(prepared);
    } else if (input instanceof SweepInput.PreparationFailed failed) {
      if (isPreparing(failed.worker())) {
        end(SweepView.State.FAILED, Optional.of(failed.problem()), failed.time());
      }
    } else if (input instanceof SweepInput.PreparationLost lost) {
      preparationLost(lost);
    } else if (input instanceof SweepInput.LeaseLost lost) {
      if (sweep.isCurrent(lost.branch(), lost.attempt())) {
        attemptLost(lost.branch(), lost.attempt(), lost.reason(), lost.time());
      }
    } else if (input instanceof SweepInput.Evaluated evaluated) {
      evaluated(evaluated);
    } else if (input instanceof SweepInput.BranchEnded ended) {
      if (sweep.isCurrent(ended.branch(), ended.attempt())) {
        branchEnded(ended);
      }
    } else if (input instanceof SweepInput.Stop stop) {
      stopped(stop);
    } else if (input instanceof SweepInput.Unreadable unreadable) {
      unreadable(unreadable);
    }
  }

  private void unreadable(SweepInput.Unreadable input) {
    for (BranchProgress progress : sweep.branches().stream().toList()) {
      progress
          .current()
          .ifPresent(
              running ->
                  add(
                      new SweepEvent.LeaseLost(
                          progress.id(), running.attempt(), input.problem(), input.time())));
      endOpen(progress, new Outcome.Failed(input.problem()), input.time());
    }
    end(SweepView.State.FAILED, Optional.of(input.problem()), input.time());
  }

  private void asked(SweepInput.Ask ask) {
    if (sweep.phase() == Sweep.Phase.PREPARING) {
      if (sweep.preparation().worker().isEmpty()) {
        add(new SweepEvent.PreparationAssigned(ask.worker(), ask.time()));
      }
      return;
    }
    if (sweep.stop().isPresent()) {
      return;
    }
    List<BranchProgress> next =
        sweep.branches().stream()
            .filter(BranchProgress::isWaiting)
            .sorted(LONGEST_FIRST)
            .limit(ask.slots())
            .toList();
    for (BranchProgress progress : next) {
      add(new SweepEvent.Leased(progress.id(), nextAttempt(ask.epoch()), ask.worker(), ask.time()));
    }
  }

  private Attempt nextAttempt(long epoch) {
    return sweep
        .lastAttempt()
        .filter(last -> last.epoch() == epoch)
        .map(last -> new Attempt(epoch, last.number() + 1))
        .orElse(new Attempt(epoch, 1));
  }

  private void prepared(SweepInput.Prepared prepared) {
    if (!isPreparing(prepared.worker())) {
      return;
    }
    add(new SweepEvent.Prepared(prepared.worker(), prepared.dataset(), prepared.time()));
    List<Branch> branches;
    try {
      branches = policy.branches(prepared.dataset());
    } catch (UserError problem) {
      end(SweepView.State.FAILED, Optional.ofNullable(problem.getMessage()), prepared.time());
      return;
    }
    if (branches.isEmpty()) {
      end(SweepView.State.FAILED, Optional.of("the search has no trials"), prepared.time());
      return;
    }
    for (int from = 0; from < branches.size(); from += PLANNED_AT_ONCE) {
      int to = Math.min(branches.size(), from + PLANNED_AT_ONCE);
      add(new SweepEvent.Planned(branches.subList(from, to)));
    }
  }

  private void preparationLost(SweepInput.PreparationLost lost) {
    if (!isPreparing(lost.worker())) {
      return;
    }
    add(new SweepEvent.PreparationLost(lost.worker(), lost.reason(), lost.time()));
    List<String> losses = sweep.preparation().losses();
    if (losses.size() >= ATTEMPTS) {
      String problem =
          "model and data could not be read in %d attempts: %s"
              .formatted(losses.size(), String.join("; ", losses));
      end(SweepView.State.FAILED, Optional.of(problem), lost.time());
    }
  }

  private boolean isPreparing(WorkerId worker) {
    return sweep.phase() == Sweep.Phase.PREPARING
        && sweep.preparation().worker().equals(Optional.of(worker));
  }

  private void evaluated(SweepInput.Evaluated input) {
    if (!sweep.isCurrent(input.branch(), input.attempt())) {
      return;
    }
    List<Report> fresh = sweep.branches().get(input.branch()).fresh(input.reports());
    if (fresh.isEmpty()) {
      return;
    }
    add(new SweepEvent.Evaluated(input.branch(), input.attempt(), fresh));
    BranchProgress progress = sweep.branches().get(input.branch());
    if (progress.verdict().isEmpty()) {
      policy
          .judge(sweep, progress, fresh)
          .ifPresent(
              verdict -> add(new SweepEvent.Judged(input.branch(), input.attempt(), verdict)));
    }
  }

  private void branchEnded(SweepInput.BranchEnded input) {
    List<String> failures = new ArrayList<>();
    for (TrialResult result : input.results()) {
      BranchProgress progress = sweep.branches().get(input.branch());
      if (!progress.isOpen(result.trial())) {
        continue;
      }
      if (counts(progress, result.outcome())) {
        end(input.branch(), Optional.of(input.attempt()), result, input.time());
      } else {
        failures.add(result.outcome().reason());
      }
    }
    BranchProgress progress = sweep.branches().get(input.branch());
    if (!progress.hasEnded()) {
      if (failures.isEmpty()) {
        failures.add("its worker gave no result for trial " + progress.open().get(0).trial());
      }
      attemptLost(input.branch(), input.attempt(), String.join("; ", failures), input.time());
    }
    endIfDone(input.time());
  }

  /** A failure, and a stop that nobody here asked for, is the worker's and not the trial's end. */
  private boolean counts(BranchProgress progress, Outcome outcome) {
    if (outcome instanceof Outcome.Failed) {
      return false;
    }
    return !(outcome instanceof Outcome.Stopped)
        || sweep.stop().isPresent()
        || progress.verdict().isPresent();
  }

  private void attemptLost(BranchId branch, Attempt attempt, String reason, Instant time) {
    add(new SweepEvent.LeaseLost(branch, attempt, reason, time));
    BranchProgress progress = sweep.branches().get(branch);
    if (progress.givenUp().isPresent()) {
      endOpen(progress, progress.givenUp().get(), time);
    } else if (sweep.stop().isPresent()) {
      endOpen(progress, new Outcome.Stopped(sweep.stop().get()), time);
    } else if (progress.losses().size() >= ATTEMPTS) {
      String reasons =
          "given up after %d attempts: %s"
              .formatted(progress.losses().size(), String.join("; ", progress.losses()));
      endOpen(progress, new Outcome.Failed(reasons), time);
    }
    endIfDone(time);
  }

  private void stopped(SweepInput.Stop stop) {
    if (sweep.stop().isPresent()) {
      return;
    }
    add(new SweepEvent.StopRequested(stop.reason(), stop.time()));
    for (BranchProgress progress : sweep.branches().stream().toList()) {
      if (progress.isWaiting()) {
        endOpen(progress, new Outcome.Stopped(stop.reason()), stop.time());
      }
    }
    if (sweep.phase() == Sweep.Phase.PREPARING) {
      end(SweepView.State.STOPPED, Optional.of(stop.reason()), stop.time());
    }
    endIfDone(stop.time());
  }

  private void endOpen(BranchProgress progress, Outcome outcome, Instant time) {
    for (Branch.Milestone milestone : progress.open()) {
      Optional<Report> newest =
          progress.reports().stream().max(Comparator.comparingLong(Report::update));
      TrialResult result =
          new TrialResult(
              milestone.trial(),
              outcome,
              newest.map(Report::update).orElse(0L),
              newest.map(Report::epoch).orElse(0.0),
              newest.map(Report::samples).orElse(0L),
              0,
              OptionalDouble.empty(),
              Map.of(),
              0,
              Optional.empty());
      end(progress.id(), Optional.empty(), result, time);
    }
  }

  private void end(BranchId branch, Optional<Attempt> attempt, TrialResult result, Instant time) {
    add(new SweepEvent.TrialEnded(branch, attempt, result, time));
  }

  private void endIfDone(Instant time) {
    if (sweep.phase() != Sweep.Phase.RUNNING
        || !sweep.branches().stream().allMatch(BranchProgress::hasEnded)) {
      return;
    }
    List<TrialResult> results =
        sweep.branches().stream().flatMap(p -> p.results().stream()).toList();
    if (sweep.stop().isPresent()) {
      end(SweepView.State.STOPPED, sweep.stop(), time);
    } else if (results.stream().allMatch(r -> r.outcome() instanceof Outcome.Failed)) {
      String first = results.get(0).outcome().reason();
      end(SweepView.State.FAILED, Optional.of("every trial failed; the first: " + first), time);
    } else {
      end(SweepView.State.COMPLETED, Optional.empty(), time);
    }
  }

  private void end(SweepView.State state, Optional<String> problem, Instant time) {
    add(new SweepEvent.SweepEnded(state, problem, time));
  }

  private void add(SweepEvent event) {
    events.add(event);
    sweep = sweep.apply(event);
  }
}
