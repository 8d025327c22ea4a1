package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.trial.Training;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HyperparametersTest {
  private static final Training BASE = Hyperparameters.of(Map.of()).training();

  @Test
  void a_point_replaces_its_keys_and_leaves_the_rest() {
    var training =
        Hyperparameters.of(Map.of("learning_rate", "5e-5", "num_train_epochs", "20")).training();
    assertThat(training.learningRate()).isEqualTo(5e-5);
    assertThat(training.numTrainEpochs()).isEqualTo(20);
    assertThat(training.lora()).isEqualTo(BASE.lora());
  }

  @Test
  void automatic_accumulation_makes_an_effective_batch_of_about_sixteen() {
    for (int batch : new int[] {1, 3, 4, 16, 20}) {
      var training =
          Hyperparameters.of(
                  Map.of(
                      "gradient_accumulation_steps",
                      "auto",
                      "per_device_train_batch_size",
                      Integer.toString(batch)))
              .training();
      assertThat(training.gradientAccumulationSteps())
          .isEqualTo((int) Math.max(1, Math.ceil(16.0 / batch)));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "bfloat16", "auto"})
  void what_the_base_is_kept_in_is_read_back(String dtype) {
    var written = Hyperparameters.of(Map.of("torch_dtype", dtype));
    assertThat(Hyperparameters.of(written.training()).texts()).containsEntry("torch_dtype", dtype);
  }

  @Property
  void texts_of_a_training_are_read_back_exactly(
      @ForAll @IntRange(min = 1, max = 99_999) int mantissa,
      @ForAll @IntRange(min = -300, max = 300) int exponent,
      @ForAll @DoubleRange(min = 0, max = 1) double warmup,
      @ForAll @IntRange(min = 1, max = 32_768) int batch,
      @ForAll("schedules") String schedule) {
    double rate = mantissa * Math.pow(10, exponent);
    var training =
        Hyperparameters.of(
                Map.of(
                    "learning_rate", Double.toString(rate),
                    "warmup_ratio", Double.toString(warmup),
                    "per_device_train_batch_size", Integer.toString(batch),
                    "lr_scheduler_type", schedule,
                    "lr_sequence",
                        "constant_with_warmup 10 warmup_steps=3, linear 12.5%, step step_size=4"))
            .training();
    assertThat(training.learningRate()).isEqualTo(rate);
    assertThat(Hyperparameters.of(training).training()).isEqualTo(training);
  }

  @Test
  void what_does_not_fit_is_refused() {
    assertThatThrownBy(() -> Hyperparameters.of(Map.of("learning_rate", "-1")).training())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("training.learning_rate: -1 is out of range");
    assertThatThrownBy(() -> Hyperparameters.of(Map.of("speed", "1")).training())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("speed is no key of training");
  }

  @Provide
  Arbitrary<String> schedules() {
    return Arbitraries.of(
        "cosine",
        "linear",
        "constant",
        "constant_with_warmup",
        "step",
        "warmup_stable_decay",
        "sequence");
  }
}
