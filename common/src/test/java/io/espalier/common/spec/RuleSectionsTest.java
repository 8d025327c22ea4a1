package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code guard}, {@code pruning} and {@code early_stopping}. */
class RuleSectionsTest extends SpecsInFolder {
  @ParameterizedTest
  @CsvSource({
    "loss, end, eval_loss, MIN",
    "token_accuracy, end, eval_token_accuracy, MAX",
    "accuracy, end, eval_loss, MIN",
    "accuracy, epoch, eval_accuracy, MAX",
    "loop_rate, epoch, eval_loop_rate, MIN"
  })
  void pruning_goes_by_the_objective_where_every_epoch_measures_it(
      String objective, String answers, String metric, Mode mode) {
    var spec =
        folder.parseWith(
            """
            evaluation: {metrics: [loss, %1$s], answers: %2$s}
            objective: {metric: eval_%1$s}
            pruning: {}
            """
                .formatted(objective, answers));
    assertThat(spec.pruning()).contains(PruningSpec.asha(metric, mode, 3, 1));
  }

  @Test
  void guards_and_pruning_can_be_switched_off_as_a_whole() {
    var spec = folder.parseWith("guard: off\npruning: off\n");
    assertThat(spec.guard())
        .isEqualTo(new GuardSpec(false, Optional.empty(), Optional.empty(), Optional.empty()));
    assertThat(spec.pruning()).isEmpty();
  }

  @Test
  void a_rule_without_parameters_has_its_defaults() {
    var spec = folder.parseWith("guard: {gradient_norm: {}}\npruning: {}\n");
    assertThat(spec.guard().gradientNorm()).contains(GuardSpec.GradientNorm.stopping(100));
    assertThat(spec.guard().nonFinite()).isTrue();
    assertThat(spec.pruning()).contains(PruningSpec.asha("eval_loss", Mode.MIN, 3, 1));
  }

  @Test
  void early_stopping_keeps_the_best_unless_told_otherwise() {
    var spec = folder.parseWith("early_stopping: {patience: 2, min_delta: 0.01}\n");
    assertThat(spec.earlyStopping())
        .contains(new EarlyStoppingSpec("eval_loss", Mode.MIN, 2, 0.01));
    assertThat(spec.best()).contains(new BestSpec("eval_loss", Mode.MIN));

    assertThat(folder.parseWith("early_stopping: {}\nobjective: {at: last}\n").best()).isEmpty();
    assertThat(folder.parseWith("objective: {at: best}\n").best())
        .contains(new BestSpec("eval_loss", Mode.MIN));
  }

  @Test
  void a_gradient_norm_can_lower_the_learning_rate() {
    assertThat(
            folder
                .parseWith("guard: {gradient_norm: {action: reduce_lr, factor: 0.1}}\n")
                .guard()
                .gradientNorm())
        .contains(new GuardSpec.GradientNorm(100, OptionalDouble.of(0.1), 20, 3));
  }
}
