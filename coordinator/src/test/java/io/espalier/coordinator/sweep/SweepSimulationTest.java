package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.BOB;
import static io.espalier.coordinator.sweep.Examples.DATASET;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.SWEEP;
import static io.espalier.coordinator.sweep.Examples.loss;
import static io.espalier.coordinator.sweep.Examples.policy;
import static io.espalier.coordinator.sweep.Examples.result;
import static io.espalier.coordinator.sweep.Examples.room;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever order things come in, a sweep keeps its promises. */
class SweepSimulationTest {
  @Property(tries = 1000)
  void each_trial_ends_once_attempts_are_new_and_replay_gives_the_same_state(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 70) int branches) {
    new Run().live(seed, branches);
  }

  /** Updates between two rests. */
  private static final int REST = 25;

  /** One life, from submission to end. */
  private static final class Run {
    private final List<SweepEvent> journal = new ArrayList<>();
    private final List<SweepEvent.Leased> leases = new ArrayList<>();
    private Sweep sweep = Sweep.unsubmitted(SWEEP);

    void live(long seed, int branches) {
      Random random = new Random(seed);
      long[] updates = random.longs(branches, 1, 100).toArray();
      Policy policy =
          random.nextBoolean()
              ? SharedPrefixes.resting(9.5, REST, updates)
              : SharedPrefixes.of(9.5, updates);
      tell(new SweepInput.Submit("name: demo", "/specs", NOW), policy);
      long epoch = 1;
      int chaos = random.nextInt(40 * branches);
      for (int step = 0; step < chaos; step++) {
        if (random.nextInt(30) == 0) {
          epoch++;
        }
        tell(anything(random, branches, epoch), policy);
      }
      tell(new SweepInput.Resume(NOW), policy);
      for (int step = 0; sweep.isUnfinished(); step++) {
        assertThat(step).as("steps to the end").isLessThan(20 * branches + 20);
        tell(new SweepInput.Ask(ANN, room(3), epoch, NOW), policy);
        tell(new SweepInput.Prepared(ANN, DATASET, NOW), policy);
        tell(new SweepInput.Prepared(BOB, DATASET, NOW), policy);
        for (SweepEvent.Leased lease : List.copyOf(leases)) {
          tell(cameTo(branches, lease, policy), policy);
        }
      }
      eachTrialEndedOnce(branches);
      attemptsAreNew();
      nothingBeginsBehindAnEnd();
      assertThat(replayed()).isEqualTo(sweep);
    }

    private SweepInput anything(Random random, int branches, long epoch) {
      WorkerId worker = random.nextBoolean() ? ANN : BOB;
      BranchId branch = new BranchId(random.nextInt(branches));
      Attempt attempt = new Attempt(epoch, 1 + random.nextInt(branches));
      if (!leases.isEmpty() && random.nextInt(5) > 0) {
        SweepEvent.Leased lease = leases.get(random.nextInt(leases.size()));
        branch = lease.branch();
        attempt = lease.attempt();
      }
      List<TrialId> trials = SharedPrefixes.trials(branch, branches);
      return switch (random.nextInt(20)) {
        case 18 -> random.nextInt(5) == 0 ? new SweepInput.Pause(NOW) : new SweepInput.Resume(NOW);
        case 19 -> new SweepInput.Resume(NOW);
        case 16, 17 ->
            leases.isEmpty()
                ? new SweepInput.Prepared(worker, DATASET, NOW)
                : rested(
                    branches,
                    leases.get(random.nextInt(leases.size())),
                    REST * (1 + random.nextInt(3)));
        case 13, 14 ->
            new SweepInput.CheckpointLeft(branch, attempt, checkpoint(random, branch), NOW);
        case 15 -> ended(trials, branch, attempt, new Outcome.Failed("checkpoint 7 is not there"));
        case 0 -> new SweepInput.Prepared(worker, DATASET, NOW);
        case 1 -> new SweepInput.PreparationLost(worker, "gone", NOW);
        case 2 -> new SweepInput.LeaseLost(branch, attempt, Loss.gone("silent"), NOW);
        case 3 ->
            new SweepInput.Evaluated(
                branch,
                attempt,
                List.of(loss(random.nextInt(5), random.nextInt(11)), loss(1, 1)),
                NOW);
        case 4 -> ended(trials, branch, attempt, new Outcome.Failed("no memory"));
        case 5 -> ended(trials, branch, attempt, new Outcome.Stopped("shut down"));
        case 6 -> new SweepInput.BranchEnded(branch, attempt, List.of(), NOW);
        case 7 ->
            random.nextInt(branches * 5) == 0
                ? new SweepInput.Stop("stopped", NOW)
                : new SweepInput.Submit("name: other", "/", NOW);
        case 12 ->
            random.nextInt(branches * 5) == 0
                ? new SweepInput.Unfit(BOB, "another model", NOW)
                : new SweepInput.Submit("name: other", "/", NOW);
        case 8 -> ended(trials, branch, attempt, new Outcome.Completed());
        case 10 ->
            random.nextInt(5) == 0
                ? new SweepInput.StopTrial(trials.get(random.nextInt(trials.size())), "no", NOW)
                : ended(trials, branch, attempt, new Outcome.Completed());
        case 9 ->
            new SweepInput.MilestonesReached(
                branch,
                attempt,
                results(
                    trials.subList(0, 1 + random.nextInt(trials.size())), new Outcome.Completed()),
                NOW);
        default ->
            new SweepInput.Ask(
                worker,
                new SweepInput.Room(1 + random.nextInt(3), random.nextInt(3), 3),
                epoch,
                NOW);
      };
    }

    /** Where others fork, or anywhere. */
    private Checkpoint checkpoint(Random random, BranchId branch) {
      List<Long> places = List.copyOf(sweep.forks().places(branch));
      long update =
          places.isEmpty() || random.nextBoolean()
              ? 1 + random.nextInt(100)
              : places.get(random.nextInt(places.size()));
      return new Checkpoint(update, "branches/%s/%d".formatted(branch, update));
    }

    /** What a lease leads to when nothing goes wrong: its rest, or its end. */
    private SweepInput cameTo(int branches, SweepEvent.Leased lease, Policy policy) {
      BranchId branch = lease.branch();
      long start = lease.start().map(Checkpoint::update).orElse(0L);
      Optional<Long> rest = policy.rest(sweep, branch, start);
      return rest.isPresent()
          ? rested(branches, lease, rest.get())
          : ended(
              SharedPrefixes.trials(branch, branches),
              branch,
              lease.attempt(),
              new Outcome.Completed());
    }

    private SweepInput rested(int branches, SweepEvent.Leased lease, long update) {
      BranchId branch = lease.branch();
      List<TrialResult> results =
          sweep.branches().get(branch).branch().milestones().stream()
              .map(
                  end ->
                      result(
                          end.trial().number(),
                          end.update() <= update
                              ? new Outcome.Completed()
                              : new Outcome.Stopped("it rests")))
              .toList();
      return new SweepInput.BranchRested(
          branch,
          lease.attempt(),
          new Checkpoint(update, "branches/%s/%d".formatted(branch, update)),
          results,
          NOW);
    }

    private static SweepInput ended(
        List<TrialId> trials, BranchId branch, Attempt attempt, Outcome outcome) {
      return new SweepInput.BranchEnded(branch, attempt, results(trials, outcome), NOW);
    }

    private static List<TrialResult> results(List<TrialId> trials, Outcome outcome) {
      return trials.stream().map(trial -> result(trial.number(), outcome)).toList();
    }

    private void tell(SweepInput input, Policy policy) {
      for (SweepEvent event : Decisions.decide(sweep, input, policy)) {
        journal.add(event);
        sweep = sweep.apply(event);
        if (event instanceof SweepEvent.Leased leased) {
          leases.add(leased);
        }
      }
    }

    private void eachTrialEndedOnce(int branches) {
      List<TrialId> ended =
          journal.stream()
              .filter(SweepEvent.TrialEnded.class::isInstance)
              .map(event -> ((SweepEvent.TrialEnded) event).result().trial())
              .toList();
      assertThat(ended).doesNotHaveDuplicates();
      if (sweep.branches().size() > 0) {
        assertThat(ended)
            .containsExactlyInAnyOrderElementsOf(
                IntStream.range(0, branches)
                    .boxed()
                    .flatMap(
                        number -> SharedPrefixes.trials(new BranchId(number), branches).stream())
                    .toList());
      }
      assertThat(journal.stream().filter(SweepEvent.SweepEnded.class::isInstance)).hasSize(1);
      assertThat(journal.get(journal.size() - 1)).isInstanceOf(SweepEvent.SweepEnded.class);
    }

    private void attemptsAreNew() {
      Set<Attempt> seen = new HashSet<>();
      Attempt last = new Attempt(0, 0);
      for (SweepEvent.Leased lease : leases) {
        assertThat(seen.add(lease.attempt())).as("attempt " + lease.attempt()).isTrue();
        assertThat(lease.attempt()).isGreaterThan(last);
        last = lease.attempt();
      }
    }

    private void nothingBeginsBehindAnEnd() {
      for (SweepEvent.Leased lease : leases) {
        Branch branch = sweep.branches().get(lease.branch()).branch();
        lease.start().ifPresent(start -> assertThat(start.update()).isLessThan(branch.updates()));
      }
    }

    private Sweep replayed() {
      Sweep replay = Sweep.unsubmitted(SWEEP);
      for (SweepEvent event : journal) {
        replay = replay.apply(event);
      }
      return replay;
    }
  }
}
