package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.policy;
import static io.espalier.coordinator.sweep.Examples.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.report.SweepView;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WishesTest {
  private static final BranchId BRANCH = new BranchId(0);
  private static final TrialId SHORT = new TrialId(0);
  private static final TrialId LONG = new TrialId(1);
  private static final Outcome STOPPED = new Outcome.Stopped("enough");

  /** Two trials, the shorter's end a milestone of the longer's branch. */
  private static final Policy SHARED =
      new Policy() {
        @Override
        public List<Branch> branches(DatasetSummary dataset) {
          return List.of(
              new Branch(
                  BRANCH,
                  Examples.branch(0, 46).config(),
                  List.of(new Branch.Milestone(SHORT, 23), new Branch.Milestone(LONG, 46))));
        }

        @Override
        public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
          return Optional.empty();
        }
      };

  private static SweepInput.StopTrial stop(TrialId trial) {
    return new SweepInput.StopTrial(trial, "enough", NOW);
  }

  private static SweepInput.Rate rate(TrialId trial, String metric, double value) {
    return new SweepInput.Rate(trial, new Rating(metric, value, 5), NOW);
  }

  private static BranchProgress branch(Life life) {
    return life.sweep().branches().get(BRANCH);
  }

  private static List<SweepNotice> notices(Life life, SweepEvent event) {
    return new Notices(life.sweep(), Optional.empty(), Policy.NONE, Path.of("sweep")).of(event);
  }

  @Test
  void a_trial_that_others_share_the_branch_with_ends_at_once_and_the_branch_goes_on() {
    Life life = new Life(SHARED).running(1);
    List<SweepEvent> events = life.tell(stop(LONG));
    assertThat(events).hasSize(2);
    assertThat(branch(life).result(LONG).orElseThrow().outcome()).isEqualTo(STOPPED);
    assertThat(branch(life).stop()).isEmpty();
    assertThat(notices(life, events.get(0))).isEmpty();
    assertThat(life.tell(stop(LONG))).isEmpty();
  }

  @Test
  void a_branch_that_is_leased_again_ends_with_the_last_trial_that_is_open() {
    Life life = new Life(SHARED).running(1);
    life.tell(stop(LONG));
    life.tell(new SweepInput.LeaseLost(BRANCH, new Attempt(1, 1), Loss.gone("silent"), NOW));
    assertThat(branch(life).lastUpdate()).isEqualTo(23);
    List<SweepEvent> leased = life.tell(new SweepInput.Ask(Examples.ANN, Examples.room(1), 1, NOW));
    SweepSpec spec = Specs.grid("learning_rate", List.of("1e-3"));
    assertThat(
            new Notices(life.sweep(), Optional.of(spec), Policy.NONE, Path.of("sweep"))
                .work(Examples.ANN, leased)
                .leases())
        .singleElement()
        .satisfies(
            lease ->
                assertThat(lease.branch().milestones())
                    .containsExactly(new Branch.Milestone(SHORT, 23)));
  }

  @Test
  void a_trial_that_is_stopped_late_counts_no_update_beyond_its_end() {
    Life life = new Life(SHARED).running(1);
    life.tell(
        new SweepInput.Evaluated(
            BRANCH, new Attempt(1, 1), List.of(Examples.loss(20, 1), Examples.loss(30, 1)), NOW));
    life.tell(stop(SHORT));
    assertThat(branch(life).result(SHORT).orElseThrow().updates()).isEqualTo(20);
  }

  private static SweepInput ask() {
    return new SweepInput.Ask(Examples.ANN, Examples.room(1), 1, NOW);
  }

  @Test
  void a_sweep_that_is_paused_leaves_a_checkpoint_and_goes_on_from_there_when_it_is_resumed() {
    Life life = new Life(SHARED).running(1);
    List<SweepEvent> paused = life.tell(new SweepInput.Pause(NOW));
    assertThat(notices(life, paused.get(0)))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepNotice.Ending.class, ending -> assertThat(ending.halt().goesOn()).isTrue());
    assertThat(life.tell(new SweepInput.Pause(NOW))).as("a repeat").isEmpty();
    var place = new Checkpoint(7, "branches/0/1-1/checkpoints/7");
    var stopped = new Outcome.Stopped("its sweep is paused");
    life.tell(
        new SweepInput.BranchRested(
            BRANCH,
            new Attempt(1, 1),
            place,
            List.of(result(0, stopped), result(1, stopped)),
            NOW));
    assertThat(life.tell(ask())).isEmpty();

    List<SweepEvent> resumed = life.tell(new SweepInput.Resume(NOW));

    assertThat(notices(life, resumed.get(0)))
        .containsExactly(new SweepNotice.Waiting(life.sweep().id()));
    assertThat(life.tell(ask()))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepEvent.Leased.class, leased -> assertThat(leased.start()).contains(place));
  }

  @Test
  void a_sweep_wants_a_worker_to_be_prepared_then_slots_for_its_branches_and_none_while_paused() {
    Life life = new Life(SHARED);
    assertThat(life.sweep().wantedSlots()).isZero();
    life.tell(new SweepInput.Submit("name: test", "/specs", NOW));
    assertThat(life.sweep().wantedSlots()).isOne();
    life.tell(new SweepInput.Pause(NOW));
    assertThat(life.sweep().wantedSlots()).isZero();
    life.tell(new SweepInput.Resume(NOW));
    life.running(0);
    assertThat(life.sweep().branches().stream().filter(p -> p.current().isPresent())).isEmpty();
    assertThat(life.sweep().wantedSlots()).isOne();
  }

  @Test
  void a_branch_whose_worker_has_not_heard_of_the_pause_trains_on_when_it_is_over() {
    Life life = new Life(SHARED).running(1);
    life.tell(new SweepInput.Pause(NOW));
    List<SweepEvent> resumed = life.tell(new SweepInput.Resume(NOW));
    assertThat(notices(life, resumed.get(0)))
        .contains(
            new SweepNotice.GoingOn(new Lease.Key(life.sweep().id(), BRANCH, new Attempt(1, 1))));
    assertThat(life.tell(new SweepInput.Resume(NOW))).as("a repeat").isEmpty();
  }

  @Test
  void what_was_stopped_is_trained_again_from_its_last_checkpoint() {
    Life life = new Life(SHARED).running(1);
    var place = new Checkpoint(7, "branches/0/1-1/checkpoints/7");
    life.tell(new SweepInput.CheckpointLeft(BRANCH, new Attempt(1, 1), place, NOW));
    life.tell(new SweepInput.Stop("enough", NOW));
    assertThatThrownBy(() -> life.tell(new SweepInput.Retry(Optional.empty(), NOW)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is being stopped");
    life.tell(
        new SweepInput.BranchEnded(
            BRANCH, new Attempt(1, 1), List.of(result(0, STOPPED), result(1, STOPPED)), NOW));
    assertThat(life.sweep().end().orElseThrow().state()).isEqualTo(SweepView.State.STOPPED);

    List<SweepEvent> events = life.tell(new SweepInput.Retry(Optional.empty(), NOW));

    assertThat(events)
        .containsExactly(
            new SweepEvent.Reopened(NOW), new SweepEvent.Retried(List.of(SHORT, LONG), NOW));
    assertThat(life.tell(ask()))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepEvent.Leased.class, leased -> assertThat(leased.start()).contains(place));
  }

  @Test
  void only_what_failed_or_was_stopped_can_be_tried_again() {
    Life life = new Life(SHARED).running(1);
    life.tell(reached(SHORT));
    assertThatThrownBy(() -> life.tell(new SweepInput.Retry(Optional.of(LONG), NOW)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has not ended");
    assertThatThrownBy(() -> life.tell(new SweepInput.Retry(Optional.of(new TrialId(9)), NOW)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("has no trial 9");
    life.tell(
        new SweepInput.BranchEnded(
            BRANCH,
            new Attempt(1, 1),
            List.of(result(0, new Outcome.Completed()), result(1, new Outcome.Completed())),
            NOW));
    assertThatThrownBy(() -> life.tell(new SweepInput.Retry(Optional.of(SHORT), NOW)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is completed: only what failed or was stopped");
  }

  @Test
  void a_paused_sweep_can_be_stopped() {
    Life life = new Life(SHARED).running(1);
    life.tell(new SweepInput.Pause(NOW));
    List<SweepEvent> events = life.tell(new SweepInput.Stop("enough", NOW));
    assertThat(notices(life, events.get(0)))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepNotice.Ending.class,
            ending ->
                assertThat(ending.halt()).isEqualTo(Halt.forGood(new Outcome.Stopped("enough"))));
  }

  @Test
  void a_trial_that_has_reached_its_milestone_has_ended_and_the_branch_goes_on() {
    Life life = new Life(SHARED).running(1);
    assertThat(life.tell(reached(SHORT))).hasSize(1);
    assertThat(branch(life).result(SHORT).orElseThrow().outcome().finished()).isTrue();
    assertThat(branch(life).isCurrent(new Attempt(1, 1))).isTrue();
    assertThat(life.tell(reached(SHORT))).as("a repeat").isEmpty();
    life.tell(
        new SweepInput.BranchEnded(
            BRANCH,
            new Attempt(1, 1),
            List.of(result(0, new Outcome.Completed()), result(1, new Outcome.Completed())),
            NOW));
    assertThat(branch(life).results()).hasSize(2);
    assertThat(life.sweep().end().orElseThrow().state()).isEqualTo(SweepView.State.COMPLETED);
  }

  @Test
  void a_branch_whose_longer_trials_were_stopped_ends_with_the_last_milestone() {
    Life life = new Life(SHARED).running(1);
    life.tell(stop(LONG));
    List<SweepEvent> events = life.tell(reached(SHORT));
    assertThat(events).hasSize(1);
    assertThat(notices(life, events.get(0)))
        .hasAtLeastOneElementOfType(SweepNotice.Ending.class)
        .noneMatch(SweepNotice.Released.class::isInstance);
    assertThat(life.sweep().end()).as("its worker is still at work").isEmpty();
    life.tell(
        new SweepInput.BranchEnded(
            BRANCH,
            new Attempt(1, 1),
            List.of(result(0, new Outcome.Completed()), result(1, STOPPED)),
            NOW));
    assertThat(life.sweep().end().orElseThrow().state()).isEqualTo(SweepView.State.COMPLETED);
  }

  private static SweepInput reached(TrialId trial) {
    return new SweepInput.MilestonesReached(
        BRANCH, new Attempt(1, 1), List.of(result(trial.number(), new Outcome.Completed())), NOW);
  }

  @Test
  void the_last_trials_worker_is_told_and_its_result_counts() {
    Life life = new Life(SHARED).running(1);
    life.tell(stop(LONG));
    List<SweepEvent> events = life.tell(stop(SHORT));
    assertThat(events)
        .containsExactly(new SweepEvent.TrialStopRequested(BRANCH, SHORT, "enough", NOW));
    assertThat(notices(life, events.get(0)))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepNotice.Ending.class,
            ending -> assertThat(ending.halt().outcome()).isEqualTo(STOPPED));
    life.tell(
        new SweepInput.BranchEnded(
            BRANCH, new Attempt(1, 1), List.of(result(0, STOPPED), result(1, STOPPED)), NOW));
    assertThat(branch(life).result(SHORT).orElseThrow().updates()).isEqualTo(46);
    assertThat(life.sweep().end().orElseThrow().state()).isEqualTo(SweepView.State.COMPLETED);
  }

  @Test
  void a_stopped_trial_whose_worker_vanishes_is_stopped_and_not_leased_again() {
    Life life = new Life(policy(10, 46)).running(1);
    life.tell(stop(SHORT));
    life.tell(new SweepInput.LeaseLost(BRANCH, new Attempt(1, 1), Loss.gone("silent"), NOW));
    assertThat(branch(life).result(SHORT).orElseThrow().outcome()).isEqualTo(STOPPED);
    assertThat(life.sweep().end()).isPresent();
  }

  @Test
  void after_a_restart_a_trials_stop_is_still_on_its_way() {
    Life life = new Life(policy(10, 46)).running(1);
    life.tell(stop(SHORT));
    assertThat(life.tell(stop(SHORT))).isEmpty();
    assertThat(branch(life).givenUp()).contains(STOPPED);
    assertThat(life.tell(stop(new TrialId(7)))).isEmpty();
  }

  @Test
  void a_later_rating_replaces_an_earlier_one_of_its_metric_also_after_the_end() {
    Life life = new Life(policy(10, 46)).running(1);
    life.tell(rate(SHORT, "human_pass_rate", 0.5));
    life.tell(new SweepInput.Stop("enough", NOW));
    life.tell(
        new SweepInput.BranchEnded(BRANCH, new Attempt(1, 1), List.of(result(0, STOPPED)), NOW));
    assertThat(life.sweep().end()).isPresent();
    life.tell(rate(SHORT, "human_pass_rate", 0.75));
    life.tell(rate(SHORT, "human_taste", 1));
    assertThat(life.sweep().ratings())
        .containsExactly(
            new Sweep.Rated(SHORT, new Rating("human_pass_rate", 0.75, 5)),
            new Sweep.Rated(SHORT, new Rating("human_taste", 1, 5)));
    assertThat(life.tell(rate(SHORT, "human_taste", 1))).as("nothing new").isEmpty();
    assertThat(life.tell(rate(LONG, "human_taste", 1))).as("no such trial").isEmpty();
  }
}
