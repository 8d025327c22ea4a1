package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.common.UserError;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Examples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A sweep from its submission to its end, with workers that come, go and fail. */
class CoordinatorTest extends ScriptedSweeps {
  @Test
  void a_sweep_runs_from_its_spec_to_its_last_result() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      SweepId sweep = submit(coordinator);
      assertThat(sweep).isEqualTo(new SweepId("demo-1"));
      prepare(worker);
      worker.offer(1);
      Lease longest = granted(worker);
      assertThat(longest.branch().updates()).isEqualTo(92);
      assertThat(longest.sweepDirectory()).endsWith("store/sweeps/demo-1");
      end(worker, longest);
      worker.offer(1);
      end(worker, granted(worker));
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
      Path directory = folder.resolve("store/sweeps/demo-1");
      await().until(() -> Files.readString(directory.resolve("sweep.json")).equals("COMPLETED"));
      assertThat(directory.resolve("spec.yaml")).hasContent(YAML);
      assertThat(submit(coordinator)).isEqualTo(new SweepId("demo-2"));
    }
  }

  @Test
  void a_preparation_is_asked_for_until_it_is_answered() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      SweepId sweep = submit(coordinator);
      worker.register(1);
      worker.offer(1);
      ToWorker.Prepare first = worker.expect(ToWorker.Prepare.class);
      // Whichever of the two messages was lost: the next sign of life brings the task again.
      worker.offer(0);
      assertThat(worker.expect(ToWorker.Prepare.class)).isEqualTo(first);
      worker.prepared(sweep, Examples.DATASET);
      worker.offer(1);
      assertThat(granted(worker).sweep()).isEqualTo(sweep);
    }
  }

  @Test
  void a_worker_that_lacks_the_model_leaves_the_sweep_to_another() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker ann = join(coordinator, true);
        ScriptedWorker bob = join(coordinator, false)) {
      SweepId sweep = submit(coordinator);
      ann.register(1);
      bob.register(1);
      ann.offer(1);
      ann.expect(ToWorker.Prepare.class);
      ann.cannotPrepare(sweep, "there is no model here");
      ann.offer(1);
      bob.offer(1);
      bob.expect(ToWorker.Prepare.class);
      bob.prepared(sweep, Examples.DATASET);
      bob.offer(1);
      assertThat(granted(bob).sweep()).isEqualTo(sweep);
    }
  }

  @Test
  void a_result_whose_rows_the_worker_lost_is_replaced_and_the_branch_leased_again()
      throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      submit(coordinator);
      prepare(worker);
      worker.offer(1);
      Lease lease = granted(worker);
      int trial = lease.branch().milestones().get(0).trial().number();
      worker.ended(lease.key(), 99, Examples.result(trial, new Outcome.Completed()));
      worker.offer(0, lease.key());
      assertThat(worker.has(ToWorker.ResultAcknowledged.class)).isFalse();
      worker.ended(lease.key(), 0, Examples.result(trial, new Outcome.Failed("rows lost")));
      worker.expect(ToWorker.ResultAcknowledged.class);
      worker.offer(1);
      Lease again = granted(worker);
      assertThat(again.branch().id()).isEqualTo(lease.branch().id());
      assertThat(again.attempt()).isGreaterThan(lease.attempt());
    }
  }

  @Test
  void workers_with_room_get_branches_in_turn() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker ann = join(coordinator, true);
        ScriptedWorker bob = join(coordinator, false)) {
      submit(coordinator);
      bob.register(2);
      ann.register(2);
      ann.offer(2);
      ToWorker.Prepare task = ann.expect(ToWorker.Prepare.class);
      bob.offer(2);
      ann.offer(2);
      ann.prepared(task.sweep(), Examples.DATASET);
      assertThat(granted(ann).branch()).isNotEqualTo(granted(bob).branch());
    }
  }

  @Test
  void a_worker_that_comes_late_goes_on_with_one_of_anothers_branches() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker ann = join(coordinator, true);
        ScriptedWorker bob = join(coordinator, false)) {
      SweepId sweep = submit(coordinator);
      ann.register(2);
      ann.offer(2);
      ToWorker.Prepare task = ann.expect(ToWorker.Prepare.class);
      ann.prepared(task.sweep(), Examples.DATASET);
      ann.offer(2);
      Lease longest = granted(ann);
      Lease other = granted(ann);
      bob.register(2);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                clock.advance(Duration.ofSeconds(5));
                ann.offer(0, longest.key(), other.key());
                bob.offer(2);
                return ann.has(ToWorker.StopBranch.class);
              });
      ToWorker.StopBranch stop = ann.expect(ToWorker.StopBranch.class);
      assertThat(stop.lease()).isEqualTo(longest.key());
      assertThat(stop.goesOn()).isTrue();
      var place = new Checkpoint(17, "branches/0/1-1/checkpoints/17");
      ann.rested(longest, 0, place, stop.outcome());
      ann.expect(ToWorker.ResultAcknowledged.class);

      Lease moved = granted(bob);
      assertThat(moved.branch()).isEqualTo(longest.branch());
      assertThat(moved.start()).contains(place);
      end(bob, moved);
      end(ann, other);
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
    }
  }

  @Test
  void a_lost_workers_branch_goes_to_another_and_its_late_result_is_refused() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker bob = join(coordinator, false)) {
      SweepId sweep = submit(coordinator);
      Lease first;
      try (ScriptedWorker ann = join(coordinator, true)) {
        prepare(ann);
        ann.offer(1);
        first = granted(ann);
      }
      bob.register(1);
      bob.offer(1);
      Lease other = granted(bob);
      end(bob, other);
      bob.offer(1);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> {
                clock.advance(Duration.ofSeconds(1));
                bob.offer(1);
                return bob.has(ToWorker.Grant.class);
              });
      Lease second = granted(bob);
      assertThat(second.branch()).isEqualTo(first.branch());
      assertThat(second.attempt()).isGreaterThan(first.attempt());

      try (ScriptedWorker late = join(coordinator, true)) {
        late.register(1, first.key());
        assertThat(late.expect(ToWorker.StopBranch.class).lease()).isEqualTo(first.key());
        end(late, first);
      }
      assertThat(view(coordinator, sweep).state()).isEqualTo(SweepView.State.RUNNING);
      end(bob, second);
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
    }
  }

  @Test
  void a_milestone_is_acknowledged_and_a_branch_with_no_trial_left_is_called_back()
      throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      SweepId sweep = submit(coordinator);
      prepare(worker);
      worker.offer(1);
      Lease lease = granted(worker);
      TrialId trial = lease.branch().milestones().get(0).trial();
      worker.reached(lease.key(), 0, Examples.result(trial.number(), new Outcome.Completed()));
      assertThat(worker.expect(ToWorker.MilestonesAcknowledged.class))
          .isEqualTo(new ToWorker.MilestonesAcknowledged(lease.key(), List.of(trial)));
      worker.offer(0, lease.key());
      assertThat(worker.expect(ToWorker.StopBranch.class).lease()).isEqualTo(lease.key());
      end(worker, lease);
      worker.offer(1);
      end(worker, granted(worker));
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.COMPLETED);
    }
  }

  @Test
  void a_stop_ends_the_running_branch_and_the_sweep() throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      SweepId sweep = submit(coordinator);
      prepare(worker);
      worker.offer(1);
      Lease lease = granted(worker);
      coordinator.stop(sweep).toCompletableFuture().get(30, TimeUnit.SECONDS);
      ToWorker.StopBranch stop = worker.expect(ToWorker.StopBranch.class);
      worker.ended(lease.key(), 0, Examples.result(1, stop.outcome()));
      await().until(() -> view(coordinator, sweep).state() == SweepView.State.STOPPED);
      coordinator.stop(sweep).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void a_worker_of_another_protocol_version_is_refused_and_an_unknown_sweep_named()
      throws Exception {
    try (Coordinator coordinator = start();
        ScriptedWorker worker = join(coordinator, true)) {
      worker.register(99, 1);
      assertThat(worker.expect(ToWorker.Refused.class).reason()).contains("protocol 99");
      assertThatThrownBy(() -> coordinator.view(new SweepId("no-7")).toCompletableFuture().join())
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(UserError.class)
          .hasMessageContaining("no sweep no-7");
    }
  }
}
