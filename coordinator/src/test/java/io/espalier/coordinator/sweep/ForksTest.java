package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.result;
import static io.espalier.coordinator.sweep.Examples.room;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.report.SweepView;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A trunk of 100 updates, on whose way trial 3 ends at 40; two branches leave it at 30 and 60. */
class ForksTest {
  private static final BranchId TRUNK = new BranchId(0);
  private static final BranchId EARLY = new BranchId(1);
  private static final BranchId LATE = new BranchId(2);
  private static final TrialId SHORT = new TrialId(3);
  private static final Attempt FIRST = new Attempt(1, 1);

  private final Life life = new Life(Examples.forking()).running(3);

  private List<Lease> ask(int free) {
    List<SweepEvent> events = life.tell(new SweepInput.Ask(ANN, room(free), 1, NOW));
    SweepSpec spec = Specs.grid("learning_rate", List.of("1e-3"));
    return new Notices(life.sweep(), Optional.of(spec), Policy.NONE, Path.of("sweep"))
        .work(ANN, events)
        .leases();
  }

  private Lease leased() {
    List<Lease> leases = ask(1);
    assertThat(leases).hasSize(1);
    return leases.get(0);
  }

  private List<SweepNotice> left(BranchId branch, Attempt attempt, long update) {
    return tell(
        new SweepInput.CheckpointLeft(branch, attempt, checkpoint(branch, attempt, update), NOW));
  }

  private static Checkpoint checkpoint(BranchId branch, Attempt attempt, long update) {
    return new Checkpoint(
        update, "branches/%s/%s/checkpoints/%d".formatted(branch, attempt, update));
  }

  private List<SweepNotice> tell(SweepInput input) {
    List<SweepNotice> notices = new ArrayList<>();
    for (SweepEvent event : life.tell(input)) {
      notices.addAll(
          new Notices(life.sweep(), Optional.empty(), Policy.NONE, Path.of("sweep")).of(event));
    }
    return notices;
  }

  private void lost(BranchId branch, Attempt attempt) {
    life.tell(new SweepInput.LeaseLost(branch, attempt, Loss.gone("silent"), NOW));
  }

  private List<SweepNotice> ended(BranchId branch, Attempt attempt, Outcome outcome) {
    List<TrialResult> results =
        branch(branch).branch().milestones().stream()
            .map(end -> result(end.trial().number(), outcome))
            .toList();
    return tell(new SweepInput.BranchEnded(branch, attempt, results, NOW));
  }

  private void reached() {
    life.tell(
        new SweepInput.MilestonesReached(
            TRUNK, FIRST, List.of(result(3, new Outcome.Completed())), NOW));
  }

  private BranchProgress branch(BranchId id) {
    return life.sweep().branches().get(id);
  }

  private Stream<Outcome> outcomes(BranchId id) {
    return branch(id).results().stream().map(TrialResult::outcome);
  }

  private static Verdict verdict(long update) {
    return Examples.verdict("loss_spike", update, 9, 3);
  }

  @Test
  void a_trunk_is_told_where_it_must_leave_checkpoints_and_its_forks_wait_for_them() {
    assertThat(life.sweep().branches().stream().filter(p -> p.current().isPresent()))
        .singleElement()
        .satisfies(progress -> assertThat(progress.id()).isEqualTo(TRUNK));
    assertThat(life.sweep().forks().awaited(branch(TRUNK))).containsExactly(30L, 60L);
    assertThat(ask(2)).isEmpty();
    assertThat(life.sweep().wantedSlots()).isOne();
    assertThat(left(TRUNK, FIRST, 30)).contains(new SweepNotice.Waiting(Examples.SWEEP));
    assertThat(life.sweep().wantedSlots()).isEqualTo(2);
    Lease early = leased();
    assertThat(early.branch().id()).isEqualTo(EARLY);
    assertThat(early.start()).contains(checkpoint(TRUNK, FIRST, 30));
    assertThat(early.forks()).isEmpty();
  }

  @Test
  void a_lost_branch_goes_on_from_its_newest_checkpoint_and_leaves_only_what_is_not_there() {
    left(TRUNK, FIRST, 10);
    left(TRUNK, FIRST, 30);
    left(TRUNK, FIRST, 35);
    assertThat(branch(TRUNK).checkpoints())
        .extracting(Checkpoint::update)
        .as("the newest, and where others fork")
        .containsExactly(30L, 35L);
    lost(TRUNK, FIRST);
    Lease again = leased();
    assertThat(again.branch().id()).as("65 updates are more than 15").isEqualTo(TRUNK);
    assertThat(again.start()).contains(checkpoint(TRUNK, FIRST, 35));
    assertThat(again.forks()).containsExactly(60L);
  }

  @Test
  void a_checkpoint_of_an_old_attempt_or_behind_the_newest_changes_nothing() {
    left(TRUNK, FIRST, 20);
    assertThat(left(TRUNK, FIRST, 10)).isEmpty();
    assertThat(left(TRUNK, new Attempt(1, 9), 25)).isEmpty();
    assertThat(branch(TRUNK).checkpoints()).containsExactly(checkpoint(TRUNK, FIRST, 20));
    left(TRUNK, FIRST, 36);
    left(TRUNK, FIRST, 30);
    assertThat(branch(TRUNK).checkpoints())
        .extracting(Checkpoint::update)
        .as("a fork's that could not be written at first")
        .containsExactly(30L, 36L);
  }

  @Test
  void a_checkpoint_behind_a_trials_end_counts_once_the_trials_result_is_there() {
    left(TRUNK, FIRST, 40);
    assertThat(branch(TRUNK).checkpoints()).isEmpty();
    assertThat(life.sweep().isTooEarly(TRUNK, checkpoint(TRUNK, FIRST, 40))).isTrue();
    reached();
    assertThat(life.sweep().isTooEarly(TRUNK, checkpoint(TRUNK, FIRST, 40))).isFalse();
    left(TRUNK, FIRST, 40);
    lost(TRUNK, FIRST);
    Lease again = leased();
    assertThat(again.start()).contains(checkpoint(TRUNK, FIRST, 40));
    assertThat(again.branch().milestones()).hasSize(1);
  }

  @Test
  void a_checkpoint_that_cannot_be_read_is_dropped_and_does_not_count_against_the_branch() {
    left(TRUNK, FIRST, 30);
    left(TRUNK, FIRST, 35);
    lost(TRUNK, FIRST);
    for (Optional<Checkpoint> start :
        List.of(
            Optional.of(checkpoint(TRUNK, FIRST, 35)),
            Optional.of(checkpoint(TRUNK, FIRST, 30)),
            Optional.<Checkpoint>empty())) {
      Lease again = leased();
      assertThat(again.branch().id()).isEqualTo(TRUNK);
      assertThat(again.start()).isEqualTo(start);
      ended(TRUNK, again.attempt(), new Outcome.Failed("checkpoint 35: its SHA-256 differs"));
    }
    assertThat(branch(TRUNK).losses(Loss.Kind.FAILED)).as("that without a start").hasSize(1);
  }

  @Test
  void a_fork_whose_trunks_checkpoint_cannot_be_read_trains_what_they_have_in_common_itself() {
    left(TRUNK, FIRST, 30);
    Lease early = leased();
    ended(EARLY, early.attempt(), new Outcome.Failed("checkpoint 30 is torn"));
    assertThat(branch(TRUNK).checkpoints()).isEmpty();
    Lease again = leased();
    assertThat(again.branch().id()).isEqualTo(EARLY);
    assertThat(again.start()).isEmpty();
  }

  @Test
  void forks_of_a_trunk_that_left_nothing_there_begin_once_it_has_ended() {
    left(TRUNK, FIRST, 20);
    reached();
    ended(TRUNK, FIRST, new Outcome.Completed());
    assertThat(ask(2))
        .extracting(lease -> lease.branch().id(), Lease::start)
        .containsExactly(
            tuple(LATE, Optional.of(checkpoint(TRUNK, FIRST, 20))),
            tuple(EARLY, Optional.of(checkpoint(TRUNK, FIRST, 20))));
  }

  @Test
  void forks_of_a_trunk_that_failed_try_themselves() {
    for (int n = 1; n <= 3; n++) {
      ended(TRUNK, new Attempt(1, n), new Outcome.Failed("no memory"));
      if (n < 3) {
        assertThat(leased().branch().id()).isEqualTo(TRUNK);
      }
    }
    assertThat(outcomes(TRUNK)).allMatch(Outcome.Failed.class::isInstance);
    assertThat(ask(3)).hasSize(2).allSatisfy(lease -> assertThat(lease.start()).isEmpty());
  }

  @Test
  void a_guard_ends_those_that_would_have_left_later_and_no_others() {
    left(TRUNK, FIRST, 30);
    reached();
    ended(TRUNK, FIRST, new Outcome.Killed(verdict(60)));
    assertThat(outcomes(LATE)).containsExactly(new Outcome.Killed(verdict(60)));
    assertThat(branch(LATE).results().get(0).trial()).isEqualTo(new TrialId(2));
    assertThat(branch(EARLY).isWaiting()).isTrue();
    Lease early = leased();
    ended(EARLY, early.attempt(), new Outcome.Completed());
    assertThat(life.sweep().end().orElseThrow().state()).isEqualTo(SweepView.State.COMPLETED);
  }

  @Test
  void a_fork_that_has_begun_goes_on_when_its_trunk_is_killed_before_it() {
    left(TRUNK, FIRST, 30);
    Lease early = leased();
    lost(TRUNK, FIRST);
    Lease again = leased();
    ended(TRUNK, again.attempt(), new Outcome.Killed(verdict(30)));
    assertThat(branch(EARLY).isCurrent(early.attempt())).isTrue();
    assertThat(branch(LATE).hasEnded()).isTrue();
  }

  @Test
  void the_pruner_ends_those_that_have_not_left_by_then() {
    left(TRUNK, FIRST, 30);
    Lease early = leased();
    life.tell(new SweepInput.Evaluated(TRUNK, FIRST, List.of(Examples.loss(50, 11)), NOW));
    Verdict hopeless = Examples.verdict("asha", 50, 11, 10);
    assertThat(outcomes(LATE)).containsExactly(new Outcome.Pruned(hopeless));
    assertThat(branch(LATE).results().get(0).updates()).as("as far as it was seen").isEqualTo(50);
    assertThat(branch(EARLY).isCurrent(early.attempt())).isTrue();
    assertThat(branch(EARLY).verdict()).isEmpty();
  }

  @Test
  void a_fork_that_left_where_the_pruner_looked_ends_too() {
    left(TRUNK, FIRST, 30);
    Lease early = leased();
    List<SweepNotice> notices =
        tell(new SweepInput.Evaluated(TRUNK, FIRST, List.of(Examples.loss(30, 11)), NOW));
    assertThat(notices)
        .contains(
            new SweepNotice.Ending(
                early.key(),
                Halt.forGood(new Outcome.Pruned(Examples.verdict("asha", 30, 11, 10)))));
  }

  @Test
  void reports_of_the_trunk_are_its_forks_too_up_to_where_they_leave() {
    life.tell(
        new SweepInput.Evaluated(
            TRUNK, FIRST, List.of(Examples.loss(20, 2), Examples.loss(30, 3)), NOW));
    life.tell(new SweepInput.Evaluated(TRUNK, FIRST, List.of(Examples.loss(40, 4)), NOW));
    assertThat(life.sweep().reports(branch(EARLY)))
        .containsExactly(Examples.loss(20, 2), Examples.loss(30, 3));
    left(TRUNK, FIRST, 30);
    Lease early = leased();
    life.tell(
        new SweepInput.Evaluated(
            EARLY, early.attempt(), List.of(Examples.loss(30, 5), Examples.loss(45, 6)), NOW));
    assertThat(life.sweep().reports(branch(EARLY)))
        .as("each point once, the first that was journaled")
        .containsExactly(Examples.loss(20, 2), Examples.loss(30, 3), Examples.loss(45, 6));
  }

  @Test
  void an_early_stop_of_the_trunk_leaves_its_forks_to_stop_by_themselves() {
    left(TRUNK, FIRST, 20);
    ended(TRUNK, FIRST, new Outcome.EarlyStopped(verdict(25)));
    assertThat(ask(2))
        .hasSize(2)
        .allSatisfy(lease -> assertThat(lease.start()).contains(checkpoint(TRUNK, FIRST, 20)));
  }

  @Test
  void a_trunk_whose_last_trial_is_stopped_goes_on_to_the_last_place_that_a_fork_waits_for() {
    reached();
    List<SweepNotice> stopped = tell(new SweepInput.StopTrial(new TrialId(0), "enough", NOW));
    assertThat(stopped).noneMatch(SweepNotice.Ending.class::isInstance);
    assertThat(outcomes(TRUNK)).contains(new Outcome.Stopped("enough"));
    assertThat(branch(TRUNK).isCurrent(FIRST)).isTrue();
    assertThat(left(TRUNK, FIRST, 30)).noneMatch(SweepNotice.Ending.class::isInstance);
    assertThat(left(TRUNK, FIRST, 60)).anyMatch(SweepNotice.Ending.class::isInstance);
    ended(TRUNK, FIRST, new Outcome.Stopped("no trial needs it any more"));
    assertThat(branch(TRUNK).current()).isEmpty();
    assertThat(ask(3)).hasSize(2);
    assertThat(life.sweep().end()).isEmpty();
  }

  @Test
  void a_trunk_without_trials_ends_when_the_forks_that_waited_are_stopped() {
    reached();
    life.tell(new SweepInput.StopTrial(new TrialId(0), "enough", NOW));
    assertThat(tell(new SweepInput.StopTrial(new TrialId(2), "enough", NOW)))
        .noneMatch(SweepNotice.Ending.class::isInstance);
    assertThat(tell(new SweepInput.StopTrial(new TrialId(1), "enough", NOW)))
        .anyMatch(SweepNotice.Ending.class::isInstance);
    assertThat(life.sweep().end()).as("its worker is still at work").isEmpty();
    lost(TRUNK, FIRST);
    assertThat(life.sweep().end()).isPresent();
  }

  @Test
  void a_trunk_without_trials_is_not_leased_again() {
    reached();
    left(TRUNK, FIRST, 20);
    life.tell(new SweepInput.StopTrial(new TrialId(0), "enough", NOW));
    lost(TRUNK, FIRST);
    assertThat(ask(3))
        .extracting(lease -> lease.branch().id())
        .containsExactlyInAnyOrder(EARLY, LATE);
  }

  @Test
  void a_trunk_that_is_leased_up_to_a_shorter_trials_end_is_asked_for_nothing_behind_it() {
    life.tell(new SweepInput.StopTrial(new TrialId(0), "enough", NOW));
    lost(TRUNK, FIRST);
    List<Lease> leases = ask(3);
    assertThat(leases).extracting(lease -> lease.branch().id()).containsExactly(LATE, TRUNK);
    assertThat(leases.get(1).branch().milestones())
        .containsExactly(new Branch.Milestone(SHORT, 40, Optional.empty()));
    assertThat(leases.get(1).forks()).containsExactly(30L);
  }
}
