package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.EarlyStoppingSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A branch that is stopped and goes on from its checkpoint is the branch that never stopped. */
class ResumeTest extends ResumedBranches {
  /** Trains to the end, leaving a checkpoint, and once more from there. */
  private void goesOnBitForBit(Lease lease, long update) {
    var whole = new Told();
    List<TrialResult> expected = trained(leaving(lease, update), whole);
    assertThat(whole.checkpoints).extracting(Checkpoint::update).contains(update);
    Checkpoint start =
        whole.checkpoints.stream().filter(one -> one.update() == update).findFirst().orElseThrow();
    var rest = new Told();

    List<TrialResult> results = trained(from(lease, start), rest);

    assertThat(rest.measured).isNotEmpty().isEqualTo(whole.after(update));
    TrialResult last = results.get(results.size() - 1);
    TrialResult same = expected.get(expected.size() - 1);
    assertThat(last.outcome()).isEqualTo(same.outcome());
    assertThat(last.metrics()).isEqualTo(same.metrics());
    assertThat(last.trainLoss()).isEqualTo(same.trainLoss());
    assertThat(List.of(last.updates(), last.samples(), last.tokens()))
        .isEqualTo(List.of(same.updates(), same.samples(), same.tokens()));
    assertThat(exported(last)).isEqualTo(exported(same));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "train_type lora",
        "use_dora true",
        "lora_dropout 0.3",
        "train_type full",
        "optimizer sgd, momentum 0.9",
        "optimizer adam, weight_decay 0.1",
        "lorap_lr_ratio 4, layerwise_lr_decay 0.9",
        "per_device_train_batch_size 2, gradient_accumulation_steps 3, max_grad_norm 0.1"
      })
  void every_kind_of_training_goes_on_bit_for_bit(String keys) {
    Map<String, String> own = new HashMap<>();
    for (String key : keys.split(", ")) {
      own.put(key.split(" ")[0], key.split(" ")[1]);
    }
    for (long update : new long[] {4, 6}) {
      goesOnBitForBit(lease(training(own)), update);
    }
  }

  @Test
  void a_branch_that_rests_tells_how_far_it_came_and_goes_on_as_if_it_had_not() {
    Lease lease = lease(training(Map.of()));
    var whole = new Told();
    TrialResult expected = trained(lease, whole).get(1);
    var before = new Told();
    BranchRun first = run(restingAfter(lease, 6), before);

    Lane.train(List.of(first));

    assertThat(first.rested()).map(Checkpoint::update).contains(6L);
    assertThat(first.results())
        .extracting(TrialResult::outcome)
        .containsExactly(new Outcome.Completed(), new Outcome.Stopped("it rests after update 6"));
    TrialResult standing = first.results().get(1);
    assertThat(standing.updates()).isEqualTo(6);
    assertThat(standing.seconds()).isPositive();
    assertThat(standing.adapter()).isEmpty();
    first.forgetCheckpoints();
    var after = new Told();

    TrialResult last = trained(from(lease, first.rested().orElseThrow()), after).get(0);

    assertThat(after.measured).isNotEmpty().isEqualTo(whole.after(6));
    assertThat(last.metrics()).isEqualTo(expected.metrics());
    assertThat(exported(last)).isEqualTo(exported(expected));
  }

  @Test
  void a_branch_that_is_given_back_goes_on_from_the_update_it_was_at() {
    Lease lease = lease(training(Map.of()));
    var whole = new Told();
    TrialResult expected = trained(lease, whole).get(1);
    var given = new CompletableFuture<BranchRun>();
    var before =
        new Told() {
          @Override
          public void measured(
              long update, double epoch, long samples, long tokens, Measurement measurement) {
            super.measured(update, epoch, samples, tokens, measurement);
            if (update == 7) {
              given.join().giveBack(new Outcome.Stopped("its host is wanted back"));
            }
          }
        };
    given.complete(run(lease, before));

    Lane.train(List.of(given.join()));

    BranchRun first = given.join();
    assertThat(first.rested()).map(Checkpoint::update).contains(7L);
    assertThat(first.results().get(1).outcome())
        .isEqualTo(new Outcome.Stopped("its host is wanted back"));
    first.forgetCheckpoints();
    var after = new Told();

    TrialResult last = trained(from(lease, first.rested().orElseThrow()), after).get(0);

    assertThat(after.measured).isNotEmpty().isEqualTo(whole.after(7));
    assertThat(last.metrics()).isEqualTo(expected.metrics());
    assertThat(exported(last)).isEqualTo(exported(expected));
  }

  @Test
  void where_no_checkpoint_can_be_written_it_goes_on_to_its_end() throws IOException {
    Lease lease = restingAfter(lease(training(Map.of())), 6);
    Files.createDirectories(sweep.resolve("branches/0/1-1"));
    Files.createFile(sweep.resolve("branches/0/1-1/checkpoints"));
    BranchRun run = run(lease, new Told());

    Lane.train(List.of(run));

    assertThat(run.rested()).isEmpty();
    assertThat(run.results())
        .extracting(TrialResult::outcome)
        .containsExactly(new Outcome.Completed(), new Outcome.Completed());
  }

  @Test
  void a_learning_rate_that_a_guard_lowered_stays_lowered() {
    GuardSpec guard =
        new GuardSpec(
            true,
            Optional.of(new GuardSpec.LossSpike(2, 3, 2)),
            Optional.of(new GuardSpec.Collapse(0.9, 10, 3)),
            Optional.of(GuardSpec.GradientNorm.reducing(1e-3, 0.9)));
    goesOnBitForBit(Leases.lease(training(Map.of()), guard, sweep, UPDATES), 4);
  }

  @Test
  void patience_and_the_best_state_go_on() {
    Lease lease =
        Leases.selecting(
            Leases.lease(training(Map.of()), Leases.NON_FINITE_ONLY, sweep, 24),
            Optional.of(new EarlyStoppingSpec("eval_loss", Mode.MIN, 3, 100)),
            Optional.of(new BestSpec("eval_loss", Mode.MAX)));
    goesOnBitForBit(lease, 7);
  }

  @Test
  void weights_left_for_people_are_taken_along() {
    Lease lease = Leases.stepping(lease(training(Map.of())), saving(2));
    goesOnBitForBit(lease, 5);

    assertThat(sweep.resolve("branches/0/1-2/trials/1/checkpoint-8")).isDirectory();
  }

  private static StepsSpec saving(int every) {
    return new StepsSpec(
        OptionalInt.empty(), true, OptionalInt.of(every), 9, Optional.empty(), OptionalInt.empty());
  }

  @Test
  void a_branch_goes_on_among_others_in_a_pack() {
    Lease lease = lease(training(Map.of("lora_rank", "2")));
    var whole = new Told();
    trained(leaving(lease, 4L), whole);
    var rest = new Told();
    BranchRun resumed = run(from(lease, whole.checkpoints.get(0)), rest);
    Lease other =
        Leases.lease(training(Map.of("seed", "9")), Leases.NON_FINITE_ONLY, sweep.resolve("x"), 7);

    Lane.train(List.of(run(other, new Told()), resumed));

    List<String> expected = whole.after(4);
    assertThat(rest.measured).hasSameSizeAs(expected);
    assertThat(resumed.results().get(1).metrics().get("eval_loss"))
        .isCloseTo(evalLoss(expected), within(1e-5));
  }

  private static double evalLoss(List<String> rows) {
    return rows.stream()
        .filter(row -> row.contains("metric=loss"))
        .map(row -> Double.parseDouble(row.replaceAll(".*value=([^,\\]]+).*", "$1")))
        .reduce((earlier, later) -> later)
        .orElseThrow();
  }

  @Test
  void a_fork_goes_its_own_way_from_there() {
    Lease trunk = lease(training(Map.of("lr_scheduler_type", "constant")));
    var told = new Told();
    trained(leaving(trunk, 4L), told);
    Training decaying =
        training(
            Map.of(
                "lr_scheduler_type",
                "warmup_stable_decay",
                "num_decay_steps",
                "3",
                "max_steps",
                "7"));
    Lease alone = Leases.lease(decaying, Leases.NON_FINITE_ONLY, sweep.resolve("alone"), 7);
    var expected = new Told();
    List<TrialResult> same = trained(alone, expected);
    Lease fork =
        from(Leases.lease(decaying, Leases.NON_FINITE_ONLY, sweep, 7), told.checkpoints.get(0));
    var own = new Told();

    List<TrialResult> results = trained(fork, own);

    assertThat(own.measured).isEqualTo(expected.after(4));
    assertThat(results.get(0).metrics()).isEqualTo(same.get(0).metrics());
  }
}
