package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Lora;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.lora.MergedModel;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A merged model, loaded as any other, computes what its base computes with the adapter. */
class MergedLogitsTest {
  private static final float LOGITS = 2e-5f;

  @TempDir Path directory;

  static Stream<String> trained() {
    return Golden.holding("runs", 3, "adapter_model.safetensors").stream()
        .filter(name -> name.endsWith("/adapter_final"))
        .map(name -> name.substring(0, name.lastIndexOf('/')))
        .filter(name -> !Golden.trainsBiases(Golden.run(name)));
  }

  @ParameterizedTest
  @MethodSource("trained")
  void of_a_golden_run_it_computes_what_the_adapter_does(String name) throws IOException {
    JsonNode run = Golden.run(name);
    Path base = Golden.path(run.get("model").asText());
    Path trained = Golden.path("runs/" + name + "/adapter_final");
    PeftFormat.Adapter adapter = PeftFormat.read(trained, ModelConfig.read(base));
    MergedModel.write(base, adapter, directory);
    assertSame(base, adapter, Golden.rows(Golden.model(run)), LOGITS);
  }

  static Stream<Arguments> drawn() {
    Map<String, Map<String, String>> variants =
        Map.of(
            "lora", Map.of(),
            "rslora", Map.of("use_rslora", "true"),
            "dora", Map.of("use_dora", "true"),
            "dora and rslora", Map.of("use_dora", "true", "use_rslora", "true"));
    List<String> models =
        List.of("qwen2_tiny", "qwen3_tiny", "llama_tiny", "gpt2_tiny", "bert_tiny");
    return models.stream()
        .flatMap(
            model ->
                variants.entrySet().stream()
                    .map(each -> Arguments.of(model, each.getKey(), each.getValue())));
  }

  /** With numbers of chance as large as the weights: a training's are small. */
  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("drawn")
  void of_a_drawn_adapter_it_computes_what_the_adapter_does(
      String model, String variant, Map<String, String> keys) throws IOException {
    Path base = Golden.path("models/" + model);
    PeftFormat.Adapter adapter = drawn(base, Hyperparameters.of(keys).training().lora());
    MergedModel.write(base, adapter, directory);
    List<TokenRow> rows = Golden.rows(model);
    assertSame(base, adapter, rows, 2e-4f);
    float[] own = logits(base, Optional.empty(), rows.subList(0, 1)).get(0);
    float[] merged = logits(directory, Optional.empty(), rows.subList(0, 1)).get(0);
    assertThat(merged).usingComparatorWithPrecision(0.01f).isNotEqualTo(own);
  }

  private static PeftFormat.Adapter drawn(Path base, Lora lora) {
    try (BaseModel model = BaseModel.load(base, Device.cpu())) {
      AdapterLayout layout = AdapterLayout.of(model.config(), lora);
      float[] values = AdapterInit.values(layout, 1, () -> model.firstValues(layout.options()));
      Random random = new Random(7);
      for (Matrix matrix : layout.matrices()) {
        for (int i = 0; matrix.side() != Side.A && i < matrix.size(); i++) {
          values[(int) matrix.offset() + i] += (float) (0.02 * random.nextGaussian());
        }
      }
      return new PeftFormat.Adapter(layout, values);
    }
  }

  private void assertSame(
      Path base, PeftFormat.Adapter adapter, List<TokenRow> all, float tolerance) {
    List<TokenRow> rows = all.subList(0, 4);
    List<float[]> adapted = logits(base, Optional.of(adapter), rows);
    List<float[]> merged = logits(directory, Optional.empty(), rows);
    for (int row = 0; row < adapted.size(); row++) {
      assertThat(merged.get(row)).containsExactly(adapted.get(row), within(tolerance));
    }
  }

  private static List<float[]> logits(
      Path directory, Optional<PeftFormat.Adapter> adapter, List<TokenRow> rows) {
    try (BaseModel model = BaseModel.load(directory, Device.cpu());
        NDManager scope = model.newScope()) {
      var evaluator = new Evaluator(TrainedState.of(scope, model, adapter));
      return rows.stream().map(evaluator::logits).toList();
    }
  }

  /** Its numbers have 8 bits: each logit is as far off as that makes it. */
  @Test
  void of_a_bfloat16_base_it_computes_nearly_what_the_adapter_does() throws IOException {
    Path base = Golden.path("models/qwen2_tiny_bf16");
    PeftFormat.Adapter adapter = drawn(base, Hyperparameters.of(Map.of()).training().lora());
    MergedModel.write(base, adapter, directory);
    assertSame(base, adapter, Golden.rows("qwen2_tiny"), 0.05f);
  }
}
