package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.espalier.common.Numbers;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BranchRunTest extends TinyModel {
  @TempDir Path sweep;
  private final List<Told> told = new ArrayList<>();

  private record Told(
      long update, double epoch, long samples, long tokens, Measurement measurement) {}

  private BranchRun run(Lease lease) {
    return new BranchRun(
        lease,
        model,
        data,
        Arrays::toString,
        (update, epoch, samples, tokens, measurement) ->
            told.add(new Told(update, epoch, samples, tokens, measurement)));
  }

  private List<Measurement.Update> updates() {
    return told.stream()
        .map(Told::measurement)
        .filter(Measurement.Update.class::isInstance)
        .map(Measurement.Update.class::cast)
        .toList();
  }

  @Test
  void every_milestone_is_evaluated_exported_and_reported() {
    Lease lease =
        Leases.lease(
            Leases.training(TrainType.LORA, 1e-2, 4, 1), Leases.NON_FINITE_ONLY, sweep, 3, 6);

    List<TrialResult> results = Packs.alone(run(lease));

    assertThat(results)
        .extracting(TrialResult::trial)
        .containsExactly(new TrialId(0), new TrialId(1));
    assertThat(results).extracting(TrialResult::outcome).containsOnly(new Outcome.Completed());
    assertThat(results).extracting(TrialResult::updates).containsExactly(3L, 6L);
    assertThat(results).extracting(TrialResult::epochs).containsExactly(1.0, 2.0);
    assertThat(results).extracting(TrialResult::samples).containsExactly(12L, 24L);
    assertThat(results.get(0).metrics())
        .containsOnlyKeys(
            Arrays.stream(Metric.values()).map(metric -> "eval_" + metric.word()).toList());
    assertThat(results.get(1).metrics().get("eval_loss"))
        .isLessThan(results.get(0).metrics().get("eval_loss"));
    assertThat(results.get(1).trainLoss().orElseThrow())
        .isLessThan(results.get(0).trainLoss().orElseThrow());
    assertThat(updates()).hasSize(6);
    Path adapter = sweep.resolve(results.get(1).adapter().orElseThrow());
    assertThat(adapter).isEqualTo(sweep.resolve("branches/0/1-1/trials/1/adapter"));
    assertThat(PeftFormat.read(adapter, model.config()).values()).isNotEmpty();
  }

  @Test
  void answers_are_given_at_each_trials_end_and_the_loss_is_measured_at_every_epoch() {
    Packs.alone(run(grid()));

    assertThat(updatesOf(Metric.LOSS)).containsExactly(3L, 6L, 7L, 9L, 12L);
    assertThat(updatesOf(Metric.TOKEN_ACCURACY)).containsExactly(3L, 6L, 7L, 9L, 12L);
    assertThat(updatesOf(Metric.BLEU_4)).containsExactly(3L, 7L, 12L);
  }

  @Test
  void answers_can_be_given_at_every_epoch() {
    Packs.alone(run(Leases.answeringEveryEpoch(grid())));

    assertThat(updatesOf(Metric.BLEU_4)).containsExactly(3L, 6L, 7L, 9L, 12L);
    assertThat(updatesOf(Metric.LOOP_RATE)).containsExactly(3L, 6L, 7L, 9L, 12L);
  }

  @Test
  void an_answer_ends_where_the_chat_template_ends_a_turn() {
    Set<Integer> all =
        IntStream.range(0, model.config().vocabulary()).boxed().collect(Collectors.toSet());
    var ending = new TokenizedDataset(data.train(), data.evaluation(), all, data.summary());

    TrialResult whole = Packs.alone(run(grid())).get(0);
    TrialResult ended =
        Packs.alone(new BranchRun(grid(), model, ending, Arrays::toString, (u, e, s, t, m) -> {}))
            .get(0);

    assertThat(whole.metrics().get("eval_length_limit_rate")).isPositive();
    assertThat(ended.metrics().get("eval_length_limit_rate")).isZero();
  }

  /** Three updates an epoch; trials end after 1, 2 1/3 and 4 epochs. */
  private Lease grid() {
    return Leases.lease(
        Leases.training(TrainType.LORA, 1e-2, 4, 1), Leases.NON_FINITE_ONLY, sweep, 3, 7, 12);
  }

  private List<Long> updatesOf(Metric metric) {
    return told.stream()
        .filter(
            one ->
                one.measurement() instanceof Measurement.Evaluation value
                    && value.name().equals("eval_" + metric.word()))
        .map(Told::update)
        .toList();
  }

  @Test
  void the_log_tells_what_was_trained_how_it_went_and_how_it_ended() throws IOException {
    List<TrialResult> results = Packs.alone(run(grid()));

    List<String> lines = Files.readAllLines(sweep.resolve("branches/0/1-1/trial.log"));
    assertThat(lines).allMatch(line -> line.matches("[-0-9]{10}T[:.0-9]+Z .+"));
    String loss = Numbers.text(results.get(2).metrics().get("eval_loss"));
    assertThat(String.join("\n", lines))
        .containsSubsequence(
            "leased: sweep test-1, branch 0, attempt 1-1; trial 0 to update 3",
            "training: train_type lora, learning_rate 0.01",
            "data: 12 rows to train on",
            "trained by: espalier",
            "epoch 1, update 3: train_loss ",
            "trial 0 completed; 3 updates",
            "epoch 2, update 6: train_loss ",
            "epoch 4, update 12: train_loss ",
            "eval_loss " + loss,
            "trial 2 completed; 12 updates",
            "weights in branches/0/1-1/trials/2/adapter");
  }

  @Test
  void the_log_gives_the_reason_of_an_early_end() throws IOException {
    Training training = Leases.training(TrainType.LORA, 1e30, 4, 1);
    TrialResult result =
        Packs.alone(run(Leases.lease(training, Leases.NON_FINITE_ONLY, sweep, 6))).get(0);

    assertThat(Files.readString(sweep.resolve("branches/0/1-1/trial.log")))
        .contains("trial 0 killed: " + result.outcome().reason());
  }

  @Test
  void a_log_that_cannot_be_written_hinders_no_training() throws IOException {
    Files.createDirectories(sweep.resolve("branches/0/1-1/trial.log"));

    assertThat(Packs.alone(run(grid())))
        .extracting(TrialResult::outcome)
        .containsOnly(new Outcome.Completed());
  }

  @Test
  void the_same_lease_gives_the_same_numbers_again() {
    Lease lease =
        Leases.lease(Leases.training(TrainType.LORA, 1e-2, 2, 2), Leases.NON_FINITE_ONLY, sweep, 5);
    Packs.alone(run(lease));
    List<Double> first = updates().stream().map(Measurement.Update::trainLoss).toList();
    told.clear();

    Packs.alone(run(lease));

    assertThat(updates().stream().map(Measurement.Update::trainLoss).toList()).isEqualTo(first);
  }

  @Test
  void accumulated_micro_batches_are_one_batch() {
    Packs.alone(
        run(
            Leases.lease(
                Leases.training(TrainType.LORA, 1e-2, 4, 1), Leases.NON_FINITE_ONLY, sweep, 6)));
    List<Measurement.Update> whole = updates();
    told.clear();

    Packs.alone(
        run(
            Leases.lease(
                Leases.training(TrainType.LORA, 1e-2, 1, 4), Leases.NON_FINITE_ONLY, sweep, 6)));

    for (int i = 0; i < 6; i++) {
      assertThat(updates().get(i).trainLoss()).isCloseTo(whole.get(i).trainLoss(), within(1e-5));
      assertThat(updates().get(i).gradNorm()).isCloseTo(whole.get(i).gradNorm(), within(1e-4));
    }
  }

  @Test
  void a_guard_ends_the_branch_before_the_update_is_applied() {
    var guard =
        new GuardSpec(
            true, Optional.empty(), Optional.empty(), Optional.of(GradientNorm.stopping(1e-3)));
    Lease lease = Leases.lease(Leases.training(TrainType.LORA, 1e-2, 4, 1), guard, sweep, 3, 6);

    List<TrialResult> results = Packs.alone(run(lease));

    assertThat(results).hasSize(2);
    assertThat(results)
        .allSatisfy(
            result -> {
              assertThat(result.outcome()).isInstanceOf(Outcome.Killed.class);
              assertThat(result.outcome().reason()).contains("gradient_norm", "update 1", "0.001");
              assertThat(result.updates()).isZero();
              assertThat(result.trainLoss()).isEmpty();
              assertThat(result.adapter()).isEmpty();
            });
    assertThat(told).hasSize(2);
    assertThat(told.get(0).measurement()).isInstanceOf(Measurement.Update.class);
    assertThat(told.get(1).measurement())
        .isEqualTo(new Measurement.Kill("gradient_norm", updates().get(0).gradNorm(), 1e-3));
  }

  @Test
  void a_huge_learning_rate_is_killed_by_the_non_finite_rule() {
    Lease lease =
        Leases.lease(Leases.training(TrainType.LORA, 1e30, 4, 1), Leases.NON_FINITE_ONLY, sweep, 6);

    TrialResult result = Packs.alone(run(lease)).get(0);

    assertThat(result.outcome().word()).isEqualTo("killed");
    assertThat(result.outcome().reason()).startsWith("non_finite");
    assertThat(result.updates()).isEqualTo(updates().size() - 1L);
  }

  @Test
  void a_stop_takes_effect_before_the_next_update() {
    Lease lease =
        Leases.lease(
            Leases.training(TrainType.LORA, 1e-3, 4, 1), Leases.NON_FINITE_ONLY, sweep, 3, 9);
    var holder = new ArrayList<BranchRun>();
    var run =
        new BranchRun(
            lease,
            model,
            data,
            Arrays::toString,
            (update, epoch, samples, tokens, measurement) -> {
              if (update == 4) {
                holder.get(0).stop(new Outcome.Stopped("enough"));
              }
            });
    holder.add(run);

    List<TrialResult> results = Packs.alone(run);

    assertThat(results.get(0).outcome()).isEqualTo(new Outcome.Completed());
    assertThat(results.get(1).outcome()).isEqualTo(new Outcome.Stopped("enough"));
    assertThat(results.get(1).updates()).isEqualTo(4);
  }

  @Test
  void full_training_starts_at_the_base_and_exports_a_whole_model() {
    Training training = Leases.training(TrainType.FULL, 1e-3, 4, 1);
    Lease lease = Leases.lease(training, Leases.NON_FINITE_ONLY, sweep, 9);

    TrialResult result = Packs.alone(run(lease)).get(0);

    assertThat(result.outcome()).isEqualTo(new Outcome.Completed());
    double baseLoss = new Evaluator(lora().state(0)).score(data.evaluation().get(0).rows()).loss();
    assertThat(result.metrics().get("eval_loss")).isLessThan(baseLoss);
    Path exported = sweep.resolve(result.adapter().orElseThrow());
    assertThat(Files.exists(exported.resolve("generation_config.json"))).isTrue();
    try (BaseModel trained = BaseModel.load(exported, Device.cpu());
        Pack pack = lora(trained)) {
      double loss = new Evaluator(pack.state(0)).score(data.evaluation().get(0).rows()).loss();
      assertThat(loss).isCloseTo(result.metrics().get("eval_loss"), within(1e-6));
    }
  }

  private static Pack lora() {
    return lora(model);
  }

  private static Pack lora(BaseModel base) {
    return Packs.fresh(base, Leases.training(TrainType.LORA, 1e-3, 4, 1));
  }

  @Test
  void a_token_outside_the_vocabulary_fails_with_its_row() {
    var rows = new ArrayList<>(data.train());
    rows.set(2, new io.espalier.worker.data.TokenRow(new int[] {1, 999}, new int[] {1, 999}));
    var broken = new TokenizedDataset(rows, data.evaluation(), Set.of(), data.summary());
    Lease lease =
        Leases.lease(Leases.training(TrainType.LORA, 1e-3, 4, 1), Leases.NON_FINITE_ONLY, sweep, 3);

    TrialResult result =
        Packs.alone(new BranchRun(lease, model, broken, Arrays::toString, (u, e, s, t, m) -> {}))
            .get(0);

    assertThat(result.outcome().word()).isEqualTo("failed");
    assertThat(result.outcome().reason()).contains("row 3", "999", "255");
  }
}
