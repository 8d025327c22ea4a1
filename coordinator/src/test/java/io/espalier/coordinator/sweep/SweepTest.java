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
import static io.espalier.coordinator.sweep.Examples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.SweepView;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SweepTest {
  private static final BranchId FIRST = new BranchId(0);
  private static final Attempt ATTEMPT = new Attempt(7, 1);
  private static final Loss SILENT = Loss.gone("silent");

  private Policy policy = policy(10, 46);
  private Sweep sweep = Sweep.unsubmitted(SWEEP);
  private List<SweepEvent> events = List.of();

  private void tell(SweepInput input) {
    events = Decisions.decide(sweep, input, policy);
    for (SweepEvent event : events) {
      sweep = sweep.apply(event);
    }
  }

  private void start() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    ask(1);
    tell(new SweepInput.Prepared(ANN, DATASET, NOW));
  }

  private void ask(int slots) {
    tell(new SweepInput.Ask(ANN, room(slots), 7, NOW));
  }

  private void end(Attempt attempt, Outcome outcome) {
    tell(new SweepInput.BranchEnded(FIRST, attempt, List.of(result(0, outcome)), NOW));
  }

  private Outcome outcome() {
    return sweep.branches().get(FIRST).result(new TrialId(0)).orElseThrow().outcome();
  }

  @Test
  void the_first_worker_with_room_reads_the_data_and_no_other() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    ask(2);
    assertThat(events).containsExactly(new SweepEvent.PreparationAssigned(ANN, NOW));
    tell(new SweepInput.Ask(BOB, room(2), 7, NOW));
    assertThat(events).isEmpty();
  }

  @Test
  void what_cannot_be_prepared_fails_with_the_workers_words() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    ask(1);
    tell(new SweepInput.PreparationFailed(BOB, "not asked", NOW));
    assertThat(events).isEmpty();
    tell(new SweepInput.PreparationFailed(ANN, "data.jsonl:3: not JSON", NOW));
    assertThat(sweep.end().orElseThrow().problem()).contains("data.jsonl:3: not JSON");
    assertThat(sweep.end().orElseThrow().state()).isEqualTo(SweepView.State.FAILED);
  }

  @Test
  void what_one_worker_lacks_is_prepared_by_another_which_gets_the_branches_too() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    ask(1);
    tell(new SweepInput.CannotPrepare(ANN, "no model here", Set.of(ANN, BOB), NOW));
    assertThat(events)
        .containsExactly(
            new SweepEvent.PreparationLost(ANN, "no model here", NOW),
            new SweepEvent.WorkerExcluded(ANN, "no model here", NOW));
    ask(1);
    assertThat(events).isEmpty();
    tell(new SweepInput.Ask(BOB, room(1), 7, NOW));
    tell(new SweepInput.Prepared(BOB, Examples.DATASET, NOW));
    ask(1);
    assertThat(events).isEmpty();
    assertThat(sweep.phase()).isEqualTo(Sweep.Phase.RUNNING);
  }

  @Test
  void what_no_worker_can_prepare_fails_after_as_many_tries_as_any_loss() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    for (int i = 1; i <= 3; i++) {
      assertThat(sweep.end()).isEmpty();
      ask(1);
      tell(new SweepInput.CannotPrepare(ANN, "no model here", Set.of(ANN), NOW));
    }
    assertThat(sweep.end().orElseThrow().problem())
        .contains("model and data could not be read in 3 attempts: no model here");
  }

  @Test
  void a_preparation_that_three_workers_do_not_survive_fails_the_sweep() {
    tell(new SweepInput.Submit("name: demo", "/specs", NOW));
    for (int i = 1; i <= 3; i++) {
      ask(1);
      tell(new SweepInput.PreparationLost(ANN, "gone " + i, NOW));
    }
    assertThat(sweep.end().orElseThrow().problem().orElseThrow())
        .contains("gone 1; gone 2; gone 3");
  }

  @Test
  void a_plan_that_does_not_fit_the_data_fails_the_sweep_with_its_message() {
    policy =
        new Policy() {
          @Override
          public List<Branch> branches(DatasetSummary dataset) {
            throw new UserError("demo.yaml: 200 trials, but max_trials is 100");
          }

          @Override
          public Optional<Verdict> judge(Sweep all, BranchProgress branch, List<Report> fresh) {
            return Optional.empty();
          }
        };
    start();
    assertThat(sweep.end().orElseThrow().problem())
        .contains("demo.yaml: 200 trials, but max_trials is 100");
  }

  @Test
  void the_longest_branch_is_leased_first_and_attempts_count_up() {
    policy = policy(10, 5, 20, 20);
    start();
    ask(2);
    assertThat(events)
        .containsExactly(
            new SweepEvent.Leased(new BranchId(1), new Attempt(7, 1), ANN, Optional.empty(), NOW),
            new SweepEvent.Leased(new BranchId(2), new Attempt(7, 2), ANN, Optional.empty(), NOW));
    ask(2);
    assertThat(events)
        .containsExactly(
            new SweepEvent.Leased(FIRST, new Attempt(7, 3), ANN, Optional.empty(), NOW));
    ask(2);
    assertThat(events).isEmpty();
  }

  @Test
  void a_new_life_of_the_coordinator_counts_attempts_from_one_in_its_own_epoch() {
    start();
    ask(1);
    tell(new SweepInput.LeaseLost(FIRST, ATTEMPT, SILENT, NOW));
    tell(new SweepInput.Ask(BOB, room(1), 8, NOW));
    assertThat(events)
        .containsExactly(
            new SweepEvent.Leased(FIRST, new Attempt(8, 1), BOB, Optional.empty(), NOW));
  }

  @Test
  void a_plan_of_a_thousand_branches_is_cut_into_events_of_five_hundred() {
    policy = policy(10, new long[1001]);
    start();
    assertThat(events.stream().filter(SweepEvent.Planned.class::isInstance)).hasSize(3);
    assertThat(sweep.branches().size()).isEqualTo(1001);
    assertThat(sweep.branches().get(new BranchId(777)).id()).isEqualTo(new BranchId(777));
  }

  @Test
  void the_last_result_completes_the_sweep_and_its_repeat_changes_nothing() {
    start();
    ask(1);
    end(ATTEMPT, new Outcome.Completed());
    assertThat(sweep.end().orElseThrow().state()).isEqualTo(SweepView.State.COMPLETED);
    end(ATTEMPT, new Outcome.Completed());
    assertThat(events).isEmpty();
  }

  @Test
  void a_result_of_an_old_attempt_does_not_count() {
    start();
    ask(1);
    tell(new SweepInput.LeaseLost(FIRST, ATTEMPT, SILENT, NOW));
    ask(1);
    end(ATTEMPT, new Outcome.Completed());
    assertThat(events).isEmpty();
    end(new Attempt(7, 2), new Outcome.Completed());
    assertThat(outcome()).isEqualTo(new Outcome.Completed());
  }

  @Test
  void a_branch_that_fails_three_times_is_given_up_with_all_reasons() {
    start();
    for (int n = 1; n <= 3; n++) {
      assertThat(sweep.end()).isEmpty();
      ask(1);
      end(new Attempt(7, n), new Outcome.Failed("out of memory " + n));
    }
    assertThat(outcome().reason())
        .contains("3 attempts", "out of memory 1; out of memory 2; out of memory 3");
    assertThat(sweep.end().orElseThrow().state()).isEqualTo(SweepView.State.FAILED);
    assertThat(sweep.end().orElseThrow().problem().orElseThrow()).contains("every trial failed");
  }

  @Test
  void a_branch_that_fails_at_two_places_is_given_up_with_both_reasons() {
    start();
    ask(1);
    end(ATTEMPT, new Outcome.Failed("no memory"));
    tell(new SweepInput.Ask(ANN, new SweepInput.Room(1, 0, 2, false), 7, NOW));
    assertThat(events).as("another may have it").isEmpty();
    tell(new SweepInput.Ask(BOB, new SweepInput.Room(1, 0, 2, false), 7, NOW));
    assertThat(events).hasSize(1);
    end(new Attempt(7, 2), new Outcome.Failed("no disk"));
    assertThat(outcome().reason())
        .isEqualTo("given up after 2 attempts: on ann-cpu-1: no memory; on bob-cpu-2: no disk");
  }

  @Test
  void a_stop_that_nobody_asked_for_is_not_the_trials_end() {
    start();
    ask(1);
    end(ATTEMPT, new Outcome.Stopped("the worker was told to go"));
    assertThat(sweep.branches().get(FIRST).isWaiting()).isTrue();
  }

  @Test
  void a_branch_that_workers_give_back_is_tried_as_often_as_it_takes() {
    start();
    for (int n = 1; n <= 30; n++) {
      ask(1);
      end(new Attempt(7, n), new Outcome.Stopped("the worker was stopped"));
    }
    ask(1);
    end(new Attempt(7, 31), new Outcome.Completed());
    assertThat(outcome()).isEqualTo(new Outcome.Completed());
  }

  @Test
  void a_branch_given_back_with_a_checkpoint_goes_on_from_there() {
    start();
    ask(1);
    var place = new Checkpoint(5, "branches/0/7-1/checkpoints/5");
    TrialResult standing = result(0, new Outcome.Stopped("the worker was stopped"));
    tell(new SweepInput.BranchRested(FIRST, ATTEMPT, place, List.of(standing), NOW));
    assertThat(sweep.branches().get(FIRST).isReady()).as("not at rest").isTrue();
    ask(1);
    assertThat(events)
        .singleElement()
        .isInstanceOfSatisfying(
            SweepEvent.Leased.class, leased -> assertThat(leased.start()).contains(place));
  }

  @Test
  void a_branch_under_which_ten_workers_vanish_is_given_up() {
    start();
    for (int n = 1; n <= 10; n++) {
      assertThat(sweep.end()).isEmpty();
      ask(1);
      tell(new SweepInput.LeaseLost(FIRST, new Attempt(7, n), SILENT, NOW));
    }
    assertThat(outcome().reason()).isEqualTo("given up after 10 attempts: silent");
  }

  @Test
  void a_branch_that_comes_further_each_time_is_not_given_up_however_many_workers_vanish() {
    policy = policy(10, 100);
    start();
    for (int n = 1; n <= 12; n++) {
      ask(1);
      Attempt attempt = new Attempt(7, n);
      var left = new Checkpoint(5 * n, "branches/0/%s/%d".formatted(attempt, 5 * n));
      tell(new SweepInput.CheckpointLeft(FIRST, attempt, left, NOW));
      tell(new SweepInput.LeaseLost(FIRST, attempt, SILENT, NOW));
    }
    assertThat(sweep.end()).isEmpty();
  }

  @Test
  void a_worker_gets_branches_ahead_only_while_enough_wait_for_all_slots_there_are() {
    policy = policy(10, 1, 2, 3, 4, 5);
    start();
    tell(new SweepInput.Ask(ANN, new SweepInput.Room(1, 2, 3), 7, NOW));
    assertThat(events).hasSize(2);
    tell(new SweepInput.Ask(BOB, new SweepInput.Room(0, 2, 3), 7, NOW));
    assertThat(events).as("three wait, and three slots may become free").isEmpty();
    tell(new SweepInput.Ask(BOB, new SweepInput.Room(2, 2, 3), 7, NOW));
    assertThat(events).hasSize(2);
  }

  @Test
  void a_worker_that_reads_another_model_loses_its_branches_and_gets_no_more_of_the_sweep() {
    start();
    ask(1);
    tell(new SweepInput.Unfit(ANN, "another model", NOW));
    assertThat(events)
        .containsExactly(
            new SweepEvent.WorkerExcluded(ANN, "another model", NOW),
            new SweepEvent.LeaseLost(FIRST, ATTEMPT, Loss.returned("another model"), NOW));
    ask(1);
    assertThat(events).isEmpty();
    tell(new SweepInput.Ask(BOB, room(1), 7, NOW));
    assertThat(events).hasSize(1);
    tell(new SweepInput.Unfit(ANN, "another model", NOW));
    assertThat(events).isEmpty();
  }

  @Test
  void the_first_report_of_a_point_counts_also_over_attempts() {
    start();
    ask(1);
    evaluated(ATTEMPT, loss(23, 2), loss(23, 3));
    tell(new SweepInput.LeaseLost(FIRST, ATTEMPT, SILENT, NOW));
    ask(1);
    evaluated(new Attempt(7, 2), loss(23, 4), loss(46, 1));
    assertThat(sweep.branches().get(FIRST).reports()).containsExactly(loss(23, 2), loss(46, 1));
    evaluated(ATTEMPT, loss(50, 4));
    assertThat(events).isEmpty();
  }

  private void evaluated(Attempt attempt, Report... reports) {
    tell(new SweepInput.Evaluated(FIRST, attempt, List.of(reports), NOW));
  }

  @Test
  void a_hopeless_branch_is_judged_once_and_ends_pruned_even_if_its_worker_dies() {
    start();
    ask(1);
    evaluated(ATTEMPT, loss(23, 11));
    Verdict verdict = verdict("asha", 23, 11, 10);
    assertThat(events).contains(new SweepEvent.Judged(FIRST, ATTEMPT, verdict));
    evaluated(ATTEMPT, loss(46, 12));
    assertThat(events).noneMatch(SweepEvent.Judged.class::isInstance);
    tell(new SweepInput.LeaseLost(FIRST, ATTEMPT, SILENT, NOW));
    assertThat(outcome()).isEqualTo(new Outcome.Pruned(verdict));
    assertThat(sweep.branches().get(FIRST).results().get(0).updates()).isEqualTo(46);
  }

  @Test
  void a_stop_ends_what_waits_at_once_and_what_runs_with_its_result() {
    policy = policy(10, 46, 46);
    start();
    ask(1);
    tell(new SweepInput.Stop("stopped by its user", NOW));
    assertThat(sweep.branches().get(new BranchId(1)).hasEnded()).isTrue();
    assertThat(sweep.end()).isEmpty();
    ask(1);
    assertThat(events).isEmpty();
    end(ATTEMPT, new Outcome.Stopped("stopped by its user"));
    assertThat(sweep.end().orElseThrow().state()).isEqualTo(SweepView.State.STOPPED);
    tell(new SweepInput.Stop("again", NOW));
    assertThat(events).isEmpty();
  }
}
