package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the fleet has to know of events, once they are journaled.
 *
 * @param sweep with the events applied
 * @param spec absent when it cannot be read
 * @param policy what it says
 * @param directory of the sweep in the store
 */
record Notices(Sweep sweep, Optional<SweepSpec> spec, Policy policy, Path directory) {

  SweepNotice.Ready ready(ActorRef<SweepActor.Command> actor) {
    Map<Lease.Key, WorkerId> leases = new HashMap<>();
    Map<Lease.Key, Halt> ending = new HashMap<>();
    running()
        .forEach(
            (key, progress) -> {
              leases.put(key, progress.current().orElseThrow().worker());
              sweep.ending(progress).ifPresent(halt -> ending.put(key, halt));
            });
    Optional<SweepNotice.Preparation> preparation =
        sweep
            .preparation()
            .worker()
            .flatMap(worker -> prepare().map(task -> new SweepNotice.Preparation(worker, task)));
    return new SweepNotice.Ready(sweep.id(), actor, leases, ending, preparation);
  }

  SweepNotice.Work work(WorkerId worker, List<SweepEvent> events) {
    List<Lease> leases = new ArrayList<>();
    Optional<ToWorker.Prepare> prepare = Optional.empty();
    for (SweepEvent event : events) {
      if (event instanceof SweepEvent.Leased leased) {
        BranchProgress progress = sweep.branches().get(leased.branch());
        leases.add(
            new Lease(
                sweep.id(),
                leased.attempt(),
                progress.remaining(),
                spec.orElseThrow().taskSettings(),
                sweep.preparation().dataset().orElseThrow(),
                directory.toString(),
                leased.start(),
                awaited(progress),
                policy.rest(
                    sweep, progress.id(), leased.start().map(Checkpoint::update).orElse(0L))));
      } else if (event instanceof SweepEvent.PreparationAssigned) {
        prepare = prepare();
      }
    }
    return new SweepNotice.Work(sweep.id(), worker, leases, prepare);
  }

  /** It may be leased up to the end of a shorter trial than those that were to leave it. */
  private List<Long> awaited(BranchProgress progress) {
    return sweep.forks().awaited(progress).stream()
        .filter(update -> update <= progress.lastUpdate())
        .toList();
  }

  List<SweepNotice> of(SweepEvent event) {
    if (event instanceof SweepEvent.Prepared) {
      return List.of(new SweepNotice.PreparationOver(sweep.id()));
    } else if (event instanceof SweepEvent.PreparationLost) {
      return List.of(
          new SweepNotice.PreparationOver(sweep.id()), new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.Planned || event instanceof SweepEvent.Retried) {
      return List.of(new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.LeaseLost lost) {
      return leaseLost(lost);
    } else if (event instanceof SweepEvent.Rested rested) {
      return List.of(
          new SweepNotice.Released(key(rested.branch(), rested.attempt())),
          new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.Judged judged) {
      return List.of(
          new SweepNotice.Ending(
              key(judged.branch(), judged.attempt()),
              Halt.forGood(new Outcome.Pruned(judged.verdict()))));
    } else if (event instanceof SweepEvent.CheckpointKept kept) {
      return somethingCame(kept.branch());
    } else if (event instanceof SweepEvent.Moving moving) {
      return ending(moving.branch());
    } else if (event instanceof SweepEvent.TrialStopRequested stop) {
      return ending(stop.branch());
    } else if (event instanceof SweepEvent.Resumed) {
      List<SweepNotice> notices = new ArrayList<>();
      running().entrySet().stream()
          .filter(entry -> sweep.ending(entry.getValue()).isEmpty())
          .forEach(entry -> notices.add(new SweepNotice.GoingOn(entry.getKey())));
      notices.add(new SweepNotice.Waiting(sweep.id()));
      return notices;
    } else if (event instanceof SweepEvent.StopRequested || event instanceof SweepEvent.Paused) {
      return running().entrySet().stream()
          .<SweepNotice>map(
              entry ->
                  new SweepNotice.Ending(
                      entry.getKey(), sweep.ending(entry.getValue()).orElseThrow()))
          .toList();
    } else if (event instanceof SweepEvent.TrialEnded ended) {
      return trialEnded(ended);
    } else if (event instanceof SweepEvent.SweepEnded) {
      return List.of(new SweepNotice.Finished(sweep.id()));
    }
    return List.of();
  }

  private List<SweepNotice> leaseLost(SweepEvent.LeaseLost lost) {
    List<SweepNotice> notices = new ArrayList<>();
    lost.loss()
        .worker()
        .map(
            worker ->
                new SweepNotice.Failed(
                    sweep.id(),
                    lost.branch(),
                    worker,
                    lost.loss().reason(),
                    sweep.branches().get(lost.branch()).failedAt().size() > 1))
        .ifPresent(notices::add);
    notices.add(new SweepNotice.Released(key(lost.branch(), lost.attempt())));
    notices.add(new SweepNotice.Waiting(sweep.id()));
    return notices;
  }

  private List<SweepNotice> trialEnded(SweepEvent.TrialEnded ended) {
    List<SweepNotice> notices = new ArrayList<>();
    ended
        .attempt()
        .map(attempt -> new SweepNotice.Trained(key(ended.branch(), attempt)))
        .ifPresent(notices::add);
    ended
        .attempt()
        .filter(attempt -> !sweep.isCurrent(ended.branch(), attempt))
        .ifPresent(attempt -> notices.add(new SweepNotice.Released(key(ended.branch(), attempt))));
    notices.addAll(somethingCame(ended.branch()));
    // A trunk may have gone on for this trial alone.
    BranchProgress progress = sweep.branches().get(ended.branch());
    progress.branch().fork().ifPresent(fork -> notices.addAll(idle(fork.from())));
    boolean another = policy.isGrowing(sweep) || !sweep.resting().isEmpty();
    if (sweep.isUnfinished() && another) {
      notices.add(new SweepNotice.Waiting(sweep.id()));
    }
    return notices;
  }

  /** Forks may begin, and a branch that went on for them alone may end. */
  private List<SweepNotice> somethingCame(BranchId trunk) {
    List<SweepNotice> notices = new ArrayList<>(idle(trunk));
    if (sweep.isUnfinished() && sweep.forks().of(trunk).anyMatch(BranchProgress::isWaiting)) {
      notices.add(new SweepNotice.Waiting(sweep.id()));
    }
    return notices;
  }

  /** Of a branch without an open trial. */
  private List<SweepNotice> idle(BranchId branch) {
    return sweep.branches().get(branch).hasEnded() ? ending(branch) : List.of();
  }

  private Map<Lease.Key, BranchProgress> running() {
    Map<Lease.Key, BranchProgress> running = new HashMap<>();
    sweep.branches().stream()
        .forEach(
            progress ->
                progress
                    .current()
                    .ifPresent(
                        current -> running.put(key(progress.id(), current.attempt()), progress)));
    return running;
  }

  private List<SweepNotice> ending(BranchId branch) {
    BranchProgress progress = sweep.branches().get(branch);
    return progress
        .current()
        .flatMap(
            running ->
                sweep
                    .ending(progress)
                    .<SweepNotice>map(
                        outcome -> new SweepNotice.Ending(key(branch, running.attempt()), outcome)))
        .map(List::of)
        .orElse(List.of());
  }

  private Optional<ToWorker.Prepare> prepare() {
    return spec.map(
        values ->
            new ToWorker.Prepare(sweep.id(), values.taskSettings(), values.trainingOfAllNames()));
  }

  private Lease.Key key(BranchId branch, Attempt attempt) {
    return new Lease.Key(sweep.id(), branch, attempt);
  }
}
