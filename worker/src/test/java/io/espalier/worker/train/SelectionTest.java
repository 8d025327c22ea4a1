package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.EarlyStoppingSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.lora.PeftFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Early stopping, the best state, and a learning rate that a guard lowers. */
class SelectionTest extends TinyModel {
  private static final Optional<BestSpec> WORST_LOSS =
      Optional.of(new BestSpec("eval_loss", Mode.MAX));

  @TempDir Path sweep;
  private final List<Measurement> told = new ArrayList<>();

  private List<TrialResult> run(Lease lease) {
    return Packs.alone(
        new BranchRun(
            lease, model, data, Arrays::toString, (u, e, s, t, measured) -> told.add(measured)));
  }

  /** Three updates an epoch; the loss of the evaluation set falls in each. */
  private Lease lease(GuardSpec guard, long... milestones) {
    return Leases.lease(Leases.training(TrainType.LORA, 1e-2, 4, 1), guard, sweep, milestones);
  }

  private List<Double> evalLosses() {
    return told.stream()
        .filter(
            one -> one instanceof Measurement.Evaluation value && value.name().equals("eval_loss"))
        .map(one -> ((Measurement.Evaluation) one).value())
        .toList();
  }

  private static EarlyStoppingSpec stopping(Mode mode, int patience, double minDelta) {
    return new EarlyStoppingSpec("eval_loss", mode, patience, minDelta);
  }

  @Test
  void patience_ends_all_open_trials_with_a_reason_of_its_own() {
    Lease lease =
        Leases.selecting(
            lease(Leases.NON_FINITE_ONLY, 4, 12, 15),
            Optional.of(stopping(Mode.MIN, 2, 100)),
            Optional.empty());

    List<TrialResult> results = run(lease);

    assertThat(results)
        .extracting(result -> result.outcome().word())
        .containsExactly("completed", "early_stopped", "early_stopped");
    assertThat(results.get(2).updates()).isEqualTo(6);
    assertThat(results.get(2).outcome().reason())
        .startsWith("early_stopping at update 6: eval_loss ")
        .contains("of update 3 in 2 evaluations by more than 100");
    assertThat(results.get(2).adapter()).isPresent();
    assertThat(results.get(2).metrics()).containsKeys("eval_loss", "eval_bleu_4");
    assertThat(told.get(told.size() - 1))
        .isEqualTo(
            new Measurement.Kill("early_stopping", evalLosses().get(2), evalLosses().get(0)));
  }

  @Test
  void a_metric_that_gets_better_is_never_out_of_patience() {
    Lease lease =
        Leases.selecting(
            lease(Leases.NON_FINITE_ONLY, 12),
            Optional.of(stopping(Mode.MIN, 1, 0)),
            Optional.empty());

    assertThat(run(lease).get(0).outcome()).isEqualTo(new Outcome.Completed());
  }

  @Test
  void the_best_state_is_ranked_and_exported() throws IOException {
    Lease three = lease(Leases.NON_FINITE_ONLY, 3);
    float[] expected = exported(run(three).get(0));
    told.clear();

    TrialResult result =
        run(Leases.selecting(lease(Leases.NON_FINITE_ONLY, 9), Optional.empty(), WORST_LOSS))
            .get(0);

    assertThat(evalLosses()).hasSize(3);
    assertThat(result.updates()).isEqualTo(9);
    assertThat(result.metrics()).containsKey("eval_bleu_4");
    assertThat(result.metrics().get("eval_loss")).isCloseTo(evalLosses().get(0), within(1e-9));
    assertThat(exported(result)).isEqualTo(expected);
    assertThat(Files.readString(sweep.resolve("branches/0/1-1/trial.log")))
        .contains("what is kept is the state of update 3: eval_loss");
  }

  private float[] exported(TrialResult result) {
    return PeftFormat.read(sweep.resolve(result.adapter().orElseThrow()), model.config()).values();
  }

  @Test
  void the_last_state_is_exported_when_it_is_the_best() {
    Optional<BestSpec> least = Optional.of(new BestSpec("eval_loss", Mode.MIN));
    TrialResult result =
        run(Leases.selecting(lease(Leases.NON_FINITE_ONLY, 9), Optional.empty(), least)).get(0);

    assertThat(result.metrics().get("eval_loss")).isEqualTo(evalLosses().get(2));
  }

  @Test
  void a_value_that_is_not_finite_improves_nothing() {
    var rule = new EarlyStopping(stopping(Mode.MAX, 2, 0));

    assertThat(rule.judge(1, Map.of("eval_loss", Double.POSITIVE_INFINITY))).isEmpty();
    assertThat(rule.judge(2, Map.of("eval_loss", 1.0))).isEmpty();
    assertThat(rule.judge(3, Map.of("eval_loss", Double.NaN))).isEmpty();
    assertThat(rule.judge(4, Map.of("eval_loss", Double.POSITIVE_INFINITY))).isPresent();
  }

  @Test
  void a_gradient_above_the_ceiling_lowers_the_learning_rate_for_good() throws IOException {
    Training training = Leases.training(TrainType.LORA, 1e-2, 4, 1);
    var guard =
        new GuardSpec(
            true,
            Optional.empty(),
            Optional.empty(),
            Optional.of(GradientNorm.reducing(1e-9, 0.5)));

    TrialResult result = run(Leases.lease(training, guard, sweep, 3)).get(0);

    assertThat(result.outcome()).isEqualTo(new Outcome.Completed());
    List<Double> rates =
        told.stream()
            .filter(Measurement.Update.class::isInstance)
            .map(one -> ((Measurement.Update) one).learningRate())
            .toList();
    assertThat(rates).containsExactly(5e-3, 2.5e-3, 1.25e-3);
    assertThat(told)
        .filteredOn(Measurement.Reduction.class::isInstance)
        .hasSize(3)
        .first()
        .isEqualTo(
            new Measurement.Reduction(
                "gradient_norm", ((Measurement.Update) told.get(0)).gradNorm(), 1e-9, 5e-3));
    assertThat(Files.readString(sweep.resolve("branches/0/1-1/trial.log")))
        .contains("learning rate from here on x 0.125");
  }

  @Test
  void a_model_card_beside_the_weights_tells_what_was_trained_on_what() throws IOException {
    TrialResult result = run(lease(Leases.NON_FINITE_ONLY, 6)).get(0);

    assertThat(sweep.resolve(result.adapter().orElseThrow()).resolve("README.md"))
        .content()
        .startsWith("---\nlibrary_name: peft\nbase_model: \"")
        .containsSubsequence(
            "# Trial 0 of test-1",
            "completed after 6 updates (2 epochs).",
            "| eval_loss | ",
            "PeftModel.from_pretrained(",
            "| update | epoch | train_loss | eval_",
            "| 3 | 1 | ",
            "| 6 | 2 | ",
            "```yaml\nmodel: ",
            "learning_rate:\n    - 0.01\n",
            "guard:\n  non_finite: {",
            "| data sha256 |",
            "| espalier |");
  }
}
