package io.espalier.coordinator.sweep;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The events of one decision so far, and the sweep as they leave it. */
final class Draft {
  /** Trials in one event, so that a large plan stays below the journal's row size. */
  private static final int PLANNED_AT_ONCE = 500;

  private final List<SweepEvent> events = new ArrayList<>();
  private final Policy policy;
  private Sweep sweep;

  Draft(Sweep sweep, Policy policy) {
    this.sweep = sweep;
    this.policy = policy;
  }

  Sweep sweep() {
    return sweep;
  }

  List<SweepEvent> events() {
    return List.copyOf(events);
  }

  BranchProgress branch(BranchId id) {
    return sweep.branches().get(id);
  }

  Optional<BranchProgress> open(TrialId trial) {
    return sweep.branches().stream().filter(progress -> progress.isOpen(trial)).findFirst();
  }

  /** Where a trial ends. */
  BranchProgress branchOf(TrialId trial) {
    return sweep.branches().stream()
        .filter(
            progress ->
                progress.branch().milestones().stream().anyMatch(m -> m.trial().equals(trial)))
        .findFirst()
        .orElseThrow();
  }

  void add(SweepEvent event) {
    events.add(event);
    sweep = sweep.apply(event);
  }

  void plan(List<Branch> branches) {
    List<Branch> some = new ArrayList<>();
    int trials = 0;
    for (Branch branch : branches) {
      trials += branch.milestones().size();
      if (trials > PLANNED_AT_ONCE && !some.isEmpty()) {
        add(new SweepEvent.Planned(some));
        some.clear();
        trials = branch.milestones().size();
      }
      some.add(branch);
    }
    add(new SweepEvent.Planned(some));
  }

  /** Is about to end the sweep: what waits ends now, what trains when its worker was told. */
  void stop(String reason, Instant time) {
    add(new SweepEvent.StopRequested(reason, time));
    for (BranchProgress progress : sweep.branches().stream().toList()) {
      if (progress.isWaiting()) {
        endOpen(progress, new Outcome.Stopped(reason), time);
      }
    }
  }

  /** Ends the trials of a branch that no worker works on. */
  void endOpen(BranchProgress progress, Outcome outcome, Instant time) {
    for (Branch.Milestone milestone : progress.open()) {
      endOpen(progress, milestone, outcome, time);
    }
  }

  /** Ends one trial as far as it was evaluated; the branch goes on if it is leased. */
  void endOpen(BranchProgress progress, Branch.Milestone end, Outcome outcome, Instant time) {
    TrialResult result =
        progress.rest().stream()
            .flatMap(rest -> rest.standing().stream())
            .filter(standing -> standing.trial().equals(end.trial()))
            .findFirst()
            .map(standing -> standing.withOutcome(outcome))
            .orElseGet(() -> evaluated(progress, end, outcome));
    end(progress.id(), Optional.empty(), result, time, true);
  }

  private TrialResult evaluated(BranchProgress progress, Branch.Milestone end, Outcome outcome) {
    Optional<Report> newest =
        sweep.reports(progress).stream()
            .filter(report -> report.update() <= end.update())
            .max(Comparator.comparingLong(Report::update));
    return new TrialResult(
        end.trial(),
        outcome,
        newest.map(Report::update).orElse(0L),
        newest.map(Report::epoch).orElse(0.0),
        newest.map(Report::samples).orElse(0L),
        0,
        OptionalDouble.empty(),
        Map.of(),
        0,
        Optional.empty(),
        Optional.empty());
  }

  /** Ends a trial with its branch, or on its way. */
  void end(
      BranchId branch,
      Optional<Attempt> attempt,
      TrialResult result,
      Instant time,
      boolean onItsWay) {
    BranchProgress progress = branch(branch);
    boolean goesOn = onItsWay && progress.current().isPresent() && progress.open().size() == 1;
    add(new SweepEvent.TrialEnded(branch, attempt, result, time, goesOn));
  }

  /** Ends the sweep when no trial is open and no worker at work. */
  void endIfDone(Instant time) {
    if (sweep.phase() != Sweep.Phase.RUNNING
        || !sweep.branches().stream().allMatch(p -> p.hasEnded() && p.current().isEmpty())) {
      return;
    }
    boolean grows = sweep.stop().isEmpty() && policy.isGrowing(sweep);
    if (grows && !policy.further(sweep, 1).isEmpty()) {
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

  void end(SweepView.State state, Optional<String> problem, Instant time) {
    add(new SweepEvent.SweepEnded(state, problem, time));
  }
}
