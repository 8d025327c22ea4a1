package io.espalier.coordinator.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A sweep as its actor keeps it, without the actor: what is journaled and which rows are stored
 * outlives {@link #crash}, all else does not. Its first life begins with the submission.
 */
public final class SimulatedSweep {
  private final Policy policy;
  private final SweepSpec spec;
  private final Clock clock;
  private final List<SweepEvent> journal = new ArrayList<>();

  /** Updates of the rows of each attempt, in the order in which they were stored. */
  private final Map<Lease.Key, List<Long>> rows = new HashMap<>();

  private final Map<Lease.Key, Map<Long, CompletableFuture<Void>>> awaited = new HashMap<>();
  private List<SweepNotice> notices = new ArrayList<>();
  private Sweep sweep = Sweep.unsubmitted(Examples.SWEEP);
  private PendingReports reports;

  public SimulatedSweep(Policy policy, SweepSpec spec, Clock clock) {
    this.policy = policy;
    this.spec = spec;
    this.clock = clock;
    reports = new PendingReports(this::whenStored, clock);
    decide(new SweepInput.Submit("name: demo", "/specs", clock.instant()));
    notices.clear();
  }

  /** A new life of the coordinator: what it tells the fleet first. */
  public SweepNotice crash(ActorRef<SweepActor.Command> actor) {
    awaited.clear();
    notices = new ArrayList<>();
    reports = new PendingReports(this::whenStored, clock);
    sweep = replayed();
    return now().ready(actor);
  }

  /** What the actor does with a message; what it tells the fleet is collected. */
  public void take(SweepActor.Command command) {
    if (command instanceof SweepActor.Tell tell && tell.input() instanceof SweepInput.Ask ask) {
      List<SweepEvent> events = decided(ask);
      notices.add(now().work(ask.worker(), events));
      happened(events);
    } else if (command instanceof SweepActor.Tell tell) {
      decide(tell.input());
    } else if (command instanceof SweepActor.FromWorker from) {
      reported(from.what());
    } else {
      throw new AssertionError("nobody sends " + command);
    }
  }

  private void reported(Reported report) {
    if (!isCurrent(report.lease())) {
      notices.add(report.settled());
    } else if (reports.add(report)) {
      reports.rowsOf(report).thenRun(() -> rowsStored(report));
    }
  }

  private void rowsStored(Reported report) {
    decide(reports.stored(report));
    if (report.isSettled(sweep)) {
      notices.add(report.settled());
    }
  }

  /** What has been collected since. */
  public List<SweepNotice> notices() {
    List<SweepNotice> told = notices;
    notices = new ArrayList<>();
    return told;
  }

  public boolean isCurrent(Lease.Key lease) {
    return sweep.isCurrent(lease.branch(), lease.attempt());
  }

  public boolean isUnfinished() {
    return sweep.isUnfinished();
  }

  /** Whether a branch has gone to a worker that had nothing to train. */
  public boolean moved() {
    return journal.stream().anyMatch(SweepEvent.Moving.class::isInstance);
  }

  /** Rows of an attempt that are stored. */
  public long stored(Lease.Key lease) {
    return rows.getOrDefault(lease, List.of()).size();
  }

  /** Stores the next row of an attempt. */
  public void store(Lease.Key lease, long update) {
    List<Long> its = rows.computeIfAbsent(lease, key -> new ArrayList<>());
    its.add(update);
    Optional.ofNullable(awaited.getOrDefault(lease, Map.of()).get((long) its.size()))
        .ifPresent(there -> there.complete(null));
  }

  private CompletionStage<Void> whenStored(Lease.Key lease, long sequence) {
    if (stored(lease) >= sequence) {
      return CompletableFuture.completedStage(null);
    }
    return awaited
        .computeIfAbsent(lease, key -> new HashMap<>())
        .computeIfAbsent(sequence, key -> new CompletableFuture<>());
  }

  private void decide(SweepInput input) {
    happened(decided(input));
  }

  private List<SweepEvent> decided(SweepInput input) {
    List<SweepEvent> events = Decisions.decide(sweep, input, policy);
    for (SweepEvent event : events) {
      journal.add(event);
      sweep = sweep.apply(event);
    }
    return events;
  }

  private void happened(List<SweepEvent> events) {
    events.forEach(event -> notices.addAll(now().of(event)));
  }

  private Notices now() {
    return new Notices(sweep, Optional.of(spec), policy, Path.of("/store/demo-1"));
  }

  private Sweep replayed() {
    Sweep replay = Sweep.unsubmitted(Examples.SWEEP);
    for (SweepEvent event : journal) {
      replay = replay.apply(event);
    }
    return replay;
  }

  /**
   * Each trial has ended once, completed unless it was pruned, and of each attempt on which one
   * ended, and of those that it goes back to, each row is there once. A sweep whose preparation was
   * lost too often may have no trial.
   */
  public void assertNothingWasLost() {
    assertThat(sweep.isUnfinished()).isFalse();
    assertThat(replayed()).isEqualTo(sweep);
    Map<Attempt, SweepEvent.Leased> leases = new HashMap<>();
    Set<Object> ended = new HashSet<>();
    for (SweepEvent event : journal) {
      if (event instanceof SweepEvent.Leased leased) {
        assertThat(leases.put(leased.attempt(), leased)).as("attempts are new").isNull();
      } else if (event instanceof SweepEvent.TrialEnded end) {
        assertThat(ended.add(end.result().trial())).as("%s ends once", end).isTrue();
        assertOutcome(end);
        end.attempt()
            .ifPresent(
                attempt -> assertRowsUpTo(end.result().updates(), leases.get(attempt), leases));
      }
    }
    long lost = journal.stream().filter(SweepEvent.PreparationLost.class::isInstance).count();
    assertThat(ended.isEmpty()).isEqualTo(lost >= Decisions.ATTEMPTS);
    assertThat(ended.size())
        .isEqualTo(
            sweep.branches().stream().mapToInt(each -> each.branch().milestones().size()).sum());
  }

  /** Only of a branch that lost worker after worker without coming further may a trial fail. */
  private void assertOutcome(SweepEvent.TrialEnded end) {
    Outcome outcome = end.result().outcome();
    if (outcome instanceof Outcome.Failed) {
      assertThat(sweep.branches().get(end.branch()).losses(Loss.Kind.GONE))
          .as(outcome.reason())
          .hasSize(Endings.LOST_WORKERS);
    } else {
      assertThat(outcome).isInstanceOfAny(Outcome.Completed.class, Outcome.Pruned.class);
    }
  }

  private void assertRowsUpTo(
      long update, SweepEvent.Leased lease, Map<Attempt, SweepEvent.Leased> leases) {
    long start = lease.start().map(Checkpoint::update).orElse(0L);
    Lease.Key key = new Lease.Key(sweep.id(), lease.branch(), lease.attempt());
    List<Long> its = rows.getOrDefault(key, List.of());
    List<Long> expected = LongStream.rangeClosed(start + 1, update).boxed().toList();
    assertThat(its.subList(0, Math.min(its.size(), expected.size())))
        .as("rows of %s", key)
        .isEqualTo(expected);
    lease
        .start()
        .ifPresent(
            from -> assertRowsUpTo(from.update(), leases.get(attempt(from.place())), leases));
  }

  /** The attempt that left a checkpoint, as {@link #place} names it. */
  private static Attempt attempt(String place) {
    return Attempt.parse(place.substring(0, place.indexOf('/')));
  }

  /** Where an attempt leaves the checkpoint of an update. */
  public static String place(Lease.Key lease, long update) {
    return lease.attempt() + "/" + update;
  }
}
