package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.MergedModel;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PEFT's logits of the rows that a run holds out, before and after training and merged. */
class GoldenLogitsTest {
  private static final float LOGITS = 2e-5f;

  @TempDir Path directory;

  static Stream<String> runs() {
    return Golden.holding("runs", 2, "eval_logits.safetensors").stream();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void before_training_they_are_those_of_peft_with_the_first_adapter(String name) {
    assertLogits(name, "before", model(name), Optional.of(adapter(name, "adapter_init")));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void after_training_they_are_those_of_peft_with_the_adapter_beside_the_base(String name) {
    assertLogits(name, "after", model(name), Optional.of(adapter(name, "adapter_final")));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void merged_they_are_those_of_pefts_merged_model(String name) throws IOException {
    MergedModel.write(model(name), adapter(name, "adapter_final"), directory);
    assertLogits(name, "merged", directory, Optional.empty());
  }

  private static Path model(String run) {
    return Golden.path(Golden.run(run).get("model").asText());
  }

  private static PeftFormat.Adapter adapter(String run, String which) {
    return PeftFormat.read(Golden.path("runs/" + run).resolve(which), ModelConfig.read(model(run)));
  }

  /** Where there are tokens: what stands at padding means nothing. */
  private static void assertLogits(
      String run, String when, Path model, Optional<PeftFormat.Adapter> adapter) {
    Path file = Golden.path("runs/" + run + "/eval_logits.safetensors");
    float[] expected = Golden.floats(file, "logits_%s_f32".formatted(when));
    JsonNode batch = Golden.run(run).get("eval_batch");
    int width = batch.get("input_ids").get(0).size();
    ModelConfig config = ModelConfig.read(model);
    boolean classifies = config.classes() > 0;
    int each = classifies ? config.classes() : width * config.vocabulary();
    List<TokenRow> rows = rows(batch, classifies);
    assertThat(expected).hasSize(rows.size() * each);
    try (BaseModel base = BaseModel.load(model, Device.cpu());
        NDManager scope = base.newScope()) {
      var evaluator = new Evaluator(TrainedState.of(scope, base, adapter));
      for (int row = 0; row < rows.size(); row++) {
        float[] ours = evaluator.logits(rows.get(row));
        assertThat(ours)
            .as("row %d", row)
            .hasSize(classifies ? each : rows.get(row).length() * config.vocabulary())
            .containsExactly(
                Arrays.copyOfRange(expected, row * each, row * each + ours.length), within(LOGITS));
      }
    }
  }

  private static List<TokenRow> rows(JsonNode batch, boolean classified) {
    var rows = new ArrayList<TokenRow>();
    for (int row = 0; row < batch.get("input_ids").size(); row++) {
      int length = Arrays.stream(Golden.ints(batch.get("attention_mask").get(row))).sum();
      int[] ids = Arrays.copyOf(Golden.ints(batch.get("input_ids").get(row)), length);
      rows.add(classified ? TokenRow.classified(ids, 0) : new TokenRow(ids, ids));
    }
    return rows;
  }
}
