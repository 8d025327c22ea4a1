package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
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
 * @param directory of the sweep in the store
 */
record Notices(Sweep sweep, Optional<SweepSpec> spec, Path directory) {

  SweepNotice.Ready ready(ActorRef<SweepActor.Command> actor) {
    Map<Lease.Key, WorkerId> leases = new HashMap<>();
    Map<Lease.Key, Outcome> ending = new HashMap<>();
    running()
        .forEach(
            (key, progress) -> {
              leases.put(key, progress.current().orElseThrow().worker());
              outcome(progress).ifPresent(outcome -> ending.put(key, outcome));
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
        leases.add(
            new Lease(
                sweep.id(),
                leased.attempt(),
                sweep.branches().get(leased.branch()).remaining(),
                spec.orElseThrow().taskSettings(),
                sweep.preparation().dataset().orElseThrow(),
                directory.toString()));
      } else if (event instanceof SweepEvent.PreparationAssigned) {
        prepare = prepare();
      }
    }
    return new SweepNotice.Work(sweep.id(), worker, leases, prepare);
  }

  List<SweepNotice> of(SweepEvent event) {
    if (event instanceof SweepEvent.Prepared) {
      return List.of(new SweepNotice.PreparationOver(sweep.id()));
    } else if (event instanceof SweepEvent.PreparationLost) {
      return List.of(
          new SweepNotice.PreparationOver(sweep.id()), new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.Planned) {
      return List.of(new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.LeaseLost lost) {
      return List.of(
          new SweepNotice.Released(key(lost.branch(), lost.attempt())),
          new SweepNotice.Waiting(sweep.id()));
    } else if (event instanceof SweepEvent.Judged judged) {
      return List.of(
          new SweepNotice.Ending(
              key(judged.branch(), judged.attempt()), new Outcome.Pruned(judged.verdict())));
    } else if (event instanceof SweepEvent.TrialStopRequested stop) {
      return ending(sweep.branches().get(stop.branch()));
    } else if (event instanceof SweepEvent.StopRequested) {
      return running().entrySet().stream()
          .<SweepNotice>map(
              entry ->
                  new SweepNotice.Ending(entry.getKey(), outcome(entry.getValue()).orElseThrow()))
          .toList();
    } else if (event instanceof SweepEvent.TrialEnded ended
        && ended.attempt().isPresent()
        && !sweep.isCurrent(ended.branch(), ended.attempt().get())) {
      return List.of(new SweepNotice.Released(key(ended.branch(), ended.attempt().get())));
    } else if (event instanceof SweepEvent.SweepEnded) {
      return List.of(new SweepNotice.Finished(sweep.id()));
    }
    return List.of();
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

  private List<SweepNotice> ending(BranchProgress progress) {
    return progress
        .current()
        .flatMap(
            running ->
                progress
                    .givenUp()
                    .<SweepNotice>map(
                        outcome ->
                            new SweepNotice.Ending(key(progress.id(), running.attempt()), outcome)))
        .map(List::of)
        .orElse(List.of());
  }

  private Optional<Outcome> outcome(BranchProgress progress) {
    return progress.givenUp().or(() -> sweep.stop().map(Outcome.Stopped::new));
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
