package io.espalier.worker.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Safetensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergedModelTest {
  private static final Path QWEN2 = Golden.path("models/qwen2_tiny");
  private static final Path GPT2 = Golden.path("models/gpt2_tiny");

  @TempDir Path directory;

  /** All its numbers are the same. */
  private static PeftFormat.Adapter constant(Path model, Lora lora, float value) {
    AdapterLayout layout = AdapterLayout.of(ModelConfig.read(model), lora);
    float[] values = new float[(int) layout.parameters()];
    Arrays.fill(values, value);
    return new PeftFormat.Adapter(layout, values);
  }

  private static float[] values(Path model, String name) {
    return Golden.floats(model.resolve("model.safetensors"), name);
  }

  @Test
  void each_module_gets_its_product_by_its_own_rank_and_alpha() throws IOException {
    Lora lora =
        new Lora(
            2,
            6,
            0,
            List.of("v_proj", "up_proj"),
            Map.of("up_proj", 8),
            Map.of("layers.1.self_attn.v_proj", 10.0),
            false,
            false,
            1);

    MergedModel.write(QWEN2, constant(QWEN2, lora, 0.5f), directory);

    added("model.layers.0.self_attn.v_proj.weight", 6.0 / 2 * 2 * 0.25);
    added("model.layers.1.self_attn.v_proj.weight", 10.0 / 2 * 2 * 0.25);
    added("model.layers.1.mlp.up_proj.weight", 6.0 / 8 * 8 * 0.25);
    added("model.layers.1.mlp.gate_proj.weight", 0);
    added("model.layers.0.self_attn.v_proj.bias", 0);
  }

  @Test
  void rank_stabilised_products_are_scaled_by_the_root_of_the_rank() throws IOException {
    Lora lora = new Lora(4, 6, 0, List.of("v_proj"), Map.of(), Map.of(), true, false, 1);

    MergedModel.write(QWEN2, constant(QWEN2, lora, 0.5f), directory);

    added("model.layers.0.self_attn.v_proj.weight", 6.0 / Math.sqrt(4) * 4 * 0.25);
  }

  private void added(String name, double sum) {
    float[] before = values(QWEN2, name);
    float[] after = values(directory, name);
    for (int i = 0; i < before.length; i++) {
      assertThat(after[i]).as(name).isEqualTo((float) (before[i] + sum));
    }
  }

  @Test
  void with_dora_the_weights_of_an_output_are_as_long_as_its_magnitude() throws IOException {
    Lora lora = new Lora(2, 6, 0, List.of("v_proj"), Map.of(), Map.of(), false, true, 1);

    MergedModel.write(QWEN2, constant(QWEN2, lora, 0.5f), directory);

    String name = "model.layers.0.self_attn.v_proj.weight";
    int width = (int) Safetensors.ofModel(QWEN2).shapes().get(name)[1];
    float[] weights = values(directory, name);
    for (int row = 0; row < weights.length / width; row++) {
      assertThat(length(weights, row * width, 1, width)).isCloseTo(0.5, within(1e-6));
    }
  }

  @Test
  void of_gpt2_the_weights_of_an_output_are_a_column() throws IOException {
    Lora lora = new Lora(2, 6, 0, List.of("c_attn"), Map.of(), Map.of(), false, true, 1);

    MergedModel.write(GPT2, constant(GPT2, lora, 0.5f), directory);

    String name = "transformer.h.0.attn.c_attn.weight";
    int width = (int) Safetensors.ofModel(GPT2).shapes().get(name)[1];
    float[] weights = values(directory, name);
    for (int column = 0; column < width; column++) {
      assertThat(length(weights, column, width, weights.length / width))
          .isCloseTo(0.5, within(1e-6));
    }
  }

  private static double length(float[] numbers, int from, int step, int count) {
    double squares = 0;
    for (int i = 0; i < count; i++) {
      squares += (double) numbers[from + i * step] * numbers[from + i * step];
    }
    return Math.sqrt(squares);
  }

  @Test
  void an_adapter_without_numbers_is_refused_with_the_place() {
    PeftFormat.Adapter diverged =
        constant(QWEN2, Lora.plain(2, 6, 0, List.of("v_proj")), Float.NaN);

    assertThatThrownBy(() -> MergedModel.write(QWEN2, diverged, directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(
            "model.layers.0.self_attn.v_proj.weight at row 0, column 0 would become NaN")
        .hasMessageContaining("diverged");
  }

  @Test
  void weights_that_do_not_fit_the_adapter_are_refused_with_both_shapes() {
    PeftFormat.Adapter adapter = constant(QWEN2, Lora.plain(2, 6, 0, List.of("v_proj")), 1);

    assertThatThrownBy(
            () -> MergedModel.write(Golden.path("models/qwen3_tiny"), adapter, directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("v_proj.weight has shape");
  }
}
