package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.Safetensors;
import io.espalier.worker.train.Pack;
import io.espalier.worker.train.Slot;
import io.espalier.worker.train.Trainable;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Left-padded cases are computed right-padded: positions count alike for all tokens of a row and
 * the rotary embedding looks at differences only, so a row's logits do not depend on where its
 * padding is. Where positions are learned the reference counts padding too: there the position
 * table is moved.
 */
class GoldenForwardTest {
  private static final float LOGITS = 2e-5f;
  private static final double LOSS = 1e-5;

  static Stream<String> cases() {
    return Golden.files("forward", ".json").stream();
  }

  private static final String GPT2_POSITIONS = "transformer.wpe.weight";

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("cases")
  void logits_loss_and_greedy_answers_are_those_of_transformers(String name) throws IOException {
    assertCase(name, Golden.path(model(name)));
  }

  static Stream<String> plainLlamas() {
    return cases()
        .filter(
            name -> {
              JsonNode config = Golden.json(model(name) + "/config.json");
              return config.get("model_type").asText().equals("llama")
                  && !config.has("rope_scaling");
            });
  }

  /** Mistral is a Llama with a window: where no row reaches it, the numbers are Llama's. */
  @ParameterizedTest
  @MethodSource("plainLlamas")
  void a_mistral_with_the_weights_of_a_llama_computes_the_same(String name) throws IOException {
    Path llama = Golden.path(model(name));
    Path mistral = Files.createDirectories(directory.resolve("mistral"));
    Files.copy(llama.resolve("model.safetensors"), mistral.resolve("model.safetensors"));
    ObjectNode config = Golden.json(model(name) + "/config.json").deepCopy();
    config.put("model_type", "mistral").put("sliding_window", 64);
    config.putArray("architectures").add("MistralForCausalLM");
    Files.writeString(mistral.resolve("config.json"), config.toString());
    assertCase(name, mistral);
  }

  private static String model(String name) {
    return Golden.json("forward/%s.json".formatted(name)).get("model").asText();
  }

  private void assertCase(String name, Path plain) throws IOException {
    JsonNode expected = Golden.json("forward/%s.json".formatted(name));
    float[] logits =
        Golden.floats(Golden.path("forward/%s.safetensors".formatted(name)), "logits_f32");
    List<TokenRow> rows = Golden.batch(expected);
    int width = expected.get("input_ids").get(0).size();
    Evaluator.Score score = new Evaluator.Score(List.of());
    for (int row = 0; row < rows.size(); row++) {
      int first = Golden.firstToken(expected.get("attention_mask").get(row));
      try (BaseModel model = BaseModel.load(placedFrom(first, plain), Device.cpu());
          Pack pack = untrained(model)) {
        var evaluator = new Evaluator(pack.state(0));
        boolean classifies = model.config().classes() > 0;
        int from =
            classifies
                ? row * model.config().classes()
                : (row * width + first) * model.config().vocabulary();
        float[] ours = evaluator.logits(rows.get(row));
        assertThat(ours)
            .containsExactly(Arrays.copyOfRange(logits, from, from + ours.length), within(LOGITS));
        score = score.plus(evaluator.score(List.of(rows.get(row))));
      }
    }
    assertThat(score.loss()).isCloseTo(expected.get("loss_f32").asDouble(), within(LOSS));
    try (BaseModel model = BaseModel.load(plain, Device.cpu());
        Pack pack = untrained(model)) {
      var evaluator = new Evaluator(pack.state(0));
      if (!padsLeft(expected.get("attention_mask"))) {
        assertThat(evaluator.score(rows).loss()).isCloseTo(score.loss(), within(LOSS));
      }
      if (!expected.has("greedy_12_new_tokens")) {
        return;
      }
      List<int[]> answers =
          evaluator.answer(rows.stream().map(TokenRow::inputIds).toList(), List.of(), 12);
      for (int row = 0; row < rows.size(); row++) {
        assertThat(answers.get(row))
            .isEqualTo(Golden.ints(expected.get("greedy_12_new_tokens").get(row)));
      }
    }
  }

  /** The model with the row's first token at a later place, where places are learned. */
  private Path placedFrom(int place, Path model) throws IOException {
    Safetensors stored = Safetensors.ofModel(model);
    if (place == 0 || !stored.names().contains(GPT2_POSITIONS)) {
      return model;
    }
    Path moved = Files.createDirectories(directory.resolve("from-" + place));
    Files.copy(model.resolve("config.json"), moved.resolve("config.json"));
    List<Safetensors.Tensor> tensors =
        stored.shapes().entrySet().stream()
            .map(each -> moved(each.getKey(), each.getValue(), stored, place))
            .toList();
    Safetensors.write(moved.resolve("model.safetensors"), tensors);
    return moved;
  }

  private static Safetensors.Tensor moved(
      String name, long[] shape, Safetensors stored, int place) {
    FloatBuffer values = stored.floats(name, shape);
    if (!name.equals(GPT2_POSITIONS)) {
      return new Safetensors.Tensor(name, shape, values);
    }
    float[] rows = new float[values.remaining()];
    values.position(place * (int) shape[1]).get(rows, 0, values.remaining());
    return new Safetensors.Tensor(name, shape, FloatBuffer.wrap(rows));
  }

  private static Pack untrained(BaseModel model) {
    Training training = Hyperparameters.of(Map.of("lora_rank", "2")).training();
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    float[] values = AdapterInit.values(layout, 1, () -> model.firstValues(layout.options()));
    return new Pack(model, List.of(Slot.fresh(training, new Trainable.Adapter(layout), values)));
  }

  private static boolean padsLeft(JsonNode masks) {
    return StreamSupport.stream(masks.spliterator(), false)
        .anyMatch(mask -> Golden.firstToken(mask) > 0);
  }
}
