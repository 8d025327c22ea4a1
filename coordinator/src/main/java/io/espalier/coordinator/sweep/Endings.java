package io.espalier.coordinator.sweep;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.SweepView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How trials, attempts and branches end: the part of {@link Decisions} that follows from that. */
record Endings(Draft draft) {
  /** So many workers may vanish under a branch: it may be what ends them. */
  static final int LOST_WORKERS = 10;

  /** What fails at so many places is not tried at a third. */
  private static final int PLACES = 2;

  /** How a worker's reason begins when it could not read where it was to begin. */
  private static final String CHECKPOINT = "checkpoint ";

  void reached(SweepInput.MilestonesReached input) {
    if (draft.sweep().isCurrent(input.branch(), input.attempt())) {
      counted(input.branch(), input.attempt(), input.results(), input.time(), true);
    }
  }

  void branchEnded(SweepInput.BranchEnded input) {
    if (!draft.sweep().isCurrent(input.branch(), input.attempt())) {
      return;
    }
    List<Outcome> others =
        counted(input.branch(), input.attempt(), input.results(), input.time(), false);
    BranchProgress progress = draft.branch(input.branch());
    if (progress.isCurrent(input.attempt())) {
      Loss loss = progress.hasEnded() ? Loss.returned("it has ended") : loss(progress, others);
      boolean dropped = loss.reason().startsWith(CHECKPOINT) && dropStart(progress, input.time());
      attemptLost(
          input.branch(),
          input.attempt(),
          dropped ? Loss.returned(loss.reason()) : loss,
          input.time());
    }
    input.results().stream()
        .filter(result -> result.outcome() instanceof Outcome.Killed)
        .findFirst()
        .ifPresent(result -> killedWith(input.branch(), result, input.time()));
    draft.endIfDone(input.time());
  }

  /**
   * @param asked whether it was to rest there
   */
  void rested(SweepInput.BranchRested input, boolean asked) {
    BranchId branch = input.branch();
    if (!draft.sweep().isCurrent(branch, input.attempt())) {
      return;
    }
    List<TrialResult> finished =
        input.results().stream().filter(result -> result.outcome().finished()).toList();
    counted(branch, input.attempt(), finished, input.time(), false);
    BranchProgress progress = draft.branch(branch);
    if (!progress.hasCheckpoint(input.place().update())) {
      draft.add(
          new SweepEvent.CheckpointKept(branch, input.attempt(), input.place(), input.time()));
    }
    if (!asked) {
      givenBack(progress, input);
      return;
    }
    List<TrialResult> standing =
        input.results().stream().filter(result -> progress.isOpen(result.trial())).toList();
    draft.add(
        new SweepEvent.Rested(branch, input.attempt(), input.place(), standing, input.time()));
    unwanted(progress).ifPresent(why -> draft.endOpen(draft.branch(branch), why, input.time()));
    draft.endIfDone(input.time());
  }

  private void givenBack(BranchProgress progress, SweepInput.BranchRested input) {
    List<Outcome> left =
        input.results().stream()
            .filter(result -> progress.isOpen(result.trial()))
            .map(TrialResult::outcome)
            .toList();
    if (progress.isCurrent(input.attempt())) {
      Loss loss = progress.hasEnded() ? Loss.returned("it has ended") : loss(progress, left);
      attemptLost(input.branch(), input.attempt(), loss, input.time());
    }
    draft.endIfDone(input.time());
  }

  /** Why a branch is not to go on. */
  private Optional<Outcome> unwanted(BranchProgress progress) {
    return progress.givenUp().or(() -> draft.sweep().stop().map(Outcome.Stopped::new));
  }

  /** Ends what rests and is not promoted any more, for nothing else is left. */
  void leftBehind(Policy policy, Instant time) {
    Sweep sweep = draft.sweep();
    if (sweep.phase() != Sweep.Phase.RUNNING
        || sweep.paused().isPresent()
        || sweep.resting().isEmpty()
        || !sweep.onlyRests()
        || !policy.promoted(sweep).isEmpty()) {
      return;
    }
    new TreeMap<>(policy.leftBehind(sweep))
        .forEach(
            (id, verdict) -> {
              BranchProgress resting = draft.branch(id);
              if (resting.isWaiting()) {
                draft.endOpen(resting, new Outcome.Pruned(verdict), time);
                prunedWith(id, verdict, time);
              }
            });
    draft.endIfDone(time);
  }

  /** Ends what cannot begin any more, for the checkpoint it was to go on from is gone. */
  void stranded(Instant time) {
    List<BranchProgress> stranded =
        draft.sweep().branches().stream().filter(draft.sweep().forks()::isStranded).toList();
    for (BranchProgress progress : stranded) {
      String problem =
          "the checkpoint after update %d, which it was to go on from, cannot be read"
              .formatted(Forks.place(progress));
      draft.endOpen(progress, new Outcome.Failed(problem), time);
    }
    if (!stranded.isEmpty()) {
      draft.endIfDone(time);
    }
  }

  /** Lets go of the checkpoints of trials' ends that need not stay. */
  void surplus(Policy policy, Instant time) {
    for (TrialId trial : policy.surplusEnds(draft.sweep())) {
      BranchProgress progress = draft.branchOf(trial);
      progress
          .result(trial)
          .flatMap(TrialResult::checkpoint)
          .filter(end -> !draft.sweep().forks().need(progress, end))
          .ifPresent(end -> draft.add(new SweepEvent.EndDropped(progress.id(), trial, end, time)));
    }
  }

  /** Stops a sweep that has used what it may. */
  void beyondBudget(Policy policy, Instant time) {
    Sweep sweep = draft.sweep();
    if (sweep.phase() == Sweep.Phase.RUNNING && sweep.stop().isEmpty()) {
      DeviceUse.beyond(policy.budget(sweep), sweep)
          .ifPresent(
              how -> {
                draft.stop("it has used " + how, time);
                draft.endIfDone(time);
              });
    }
  }

  /** So that the next attempt begins at an earlier one, or with the first update. */
  private boolean dropStart(BranchProgress progress, Instant time) {
    Optional<Checkpoint> start = progress.current().flatMap(BranchProgress.Running::start);
    start.ifPresent(
        checkpoint ->
            draft
                .sweep()
                .forks()
                .owner(progress, checkpoint)
                .ifPresent(
                    owner -> draft.add(new SweepEvent.CheckpointDropped(owner, checkpoint, time))));
    return start.isPresent();
  }

  /**
   * Ends the trials whose results count; how the others ended.
   *
   * @param onTheWay whether the branch is still trained
   */
  private List<Outcome> counted(
      BranchId branch, Attempt attempt, List<TrialResult> results, Instant time, boolean onTheWay) {
    List<Outcome> others = new ArrayList<>();
    for (TrialResult result : results) {
      BranchProgress progress = draft.branch(branch);
      if (!progress.isOpen(result.trial())) {
        continue;
      }
      if (counts(progress, result.outcome())) {
        draft.end(branch, Optional.of(attempt), result, time, onTheWay);
      } else {
        others.add(result.outcome());
      }
    }
    return others;
  }

  /**
   * A guard ended a branch: those that were to leave it later would have been ended by the same
   * numbers.
   */
  private void killedWith(BranchId trunk, TrialResult result, Instant time) {
    long update = ((Outcome.Killed) result.outcome()).verdict().update();
    for (BranchProgress fork : draft.sweep().forks().sharing(trunk).toList()) {
      boolean begun = !fork.isWaiting() || !fork.losses().isEmpty();
      if (Forks.place(fork) >= update
          && !begun
          && !draft.branch(trunk).hasCheckpoint(Forks.place(fork))) {
        for (Branch.Milestone end : fork.open()) {
          draft.end(fork.id(), Optional.empty(), result.of(end.trial()), time, false);
        }
        killedWith(fork.id(), result, time);
      }
    }
  }

  /** The pruner gave a branch up, and so all that had not left it by then. */
  void prunedWith(BranchId trunk, Verdict verdict, Instant time) {
    for (BranchProgress fork : draft.sweep().forks().sharing(trunk).toList()) {
      if (Forks.place(fork) < verdict.update()) {
        continue;
      }
      if (fork.isWaiting()) {
        draft.endOpen(fork, new Outcome.Pruned(verdict), time);
      } else if (!fork.hasEnded() && fork.verdict().isEmpty()) {
        Attempt attempt = fork.current().orElseThrow().attempt();
        draft.add(new SweepEvent.Judged(fork.id(), attempt, verdict));
      }
      prunedWith(fork.id(), verdict, time);
    }
  }

  /** Of what has not begun, ends what is likely to come apart. */
  void skipDominated(Instant time) {
    Dominance dominance = Dominance.of(draft.sweep());
    for (BranchProgress progress : draft.sweep().branches().stream().toList()) {
      boolean begun =
          !progress.isWaiting()
              || !progress.losses().isEmpty()
              || draft.sweep().forks().start(progress).isPresent();
      if (!begun) {
        dominance
            .over(progress)
            .ifPresent(verdict -> draft.endOpen(progress, new Outcome.Pruned(verdict), time));
      }
    }
    draft.endIfDone(time);
  }

  void unreadable(SweepInput.Unreadable input) {
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

  void attemptLost(BranchId branch, Attempt attempt, Loss loss, Instant time) {
    Optional<BranchProgress.Running> running = draft.branch(branch).current();
    Loss counted = cameFurther(draft.branch(branch)) ? loss.despiteProgress() : loss;
    Loss whose = running.map(BranchProgress.Running::worker).map(counted::of).orElse(counted);
    draft.add(new SweepEvent.LeaseLost(branch, attempt, whose, time));
    BranchProgress progress = draft.branch(branch);
    if (unwanted(progress).isPresent()) {
      draft.endOpen(progress, unwanted(progress).get(), time);
    } else if (progress.failedAt().size() >= PLACES
        || progress.losses(Loss.Kind.FAILED).size() >= Decisions.ATTEMPTS
        || progress.losses(Loss.Kind.GONE).size() >= LOST_WORKERS) {
      List<String> reasons =
          progress.losses().stream()
              .filter(lost -> lost.kind() != Loss.Kind.RETURNED)
              .map(lost -> where(lost, progress) + lost.reason())
              .toList();
      String sentence =
          "given up after %d attempts: %s"
              .formatted(reasons.size(), String.join("; ", new LinkedHashSet<>(reasons)));
      draft.endOpen(progress, new Outcome.Failed(sentence), time);
    }
    draft.endIfDone(time);
  }

  /** Whether the attempt that counts left a checkpoint beyond the one that it began with. */
  private static boolean cameFurther(BranchProgress progress) {
    long start =
        progress
            .current()
            .flatMap(BranchProgress.Running::start)
            .map(Checkpoint::update)
            .orElse(0L);
    return progress.checkpoints().stream().anyMatch(left -> left.update() > start);
  }

  /** Named where it matters. */
  private static String where(Loss lost, BranchProgress progress) {
    return progress.failedAt().size() < PLACES
        ? ""
        : lost.worker().map(worker -> "on %s: ".formatted(worker.place())).orElse("");
  }

  /** Its branches go to others and it gets no more of this sweep. */
  void unfit(SweepInput.Unfit unfit) {
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
