package io.espalier.worker.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.Message;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.evaluate.TrainedState;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratorTest {
  private static final Path MODEL = Path.of("../examples/models/tiny-qwen2");
  private static final Sampling GREEDY = new Sampling(0, 1, 1);
  private static final List<String> QUESTIONS =
      List.of("你是谁？", "Who are you?", "What is 6 plus 3?", "x");

  @TempDir Path directory;

  /** An adapter that changes what the model says, though not for the better. */
  private Path adapter() throws IOException {
    var layout =
        AdapterLayout.of(
            ModelConfig.read(MODEL), Lora.plain(4, 8, 0, List.of("q_proj", "down_proj")));
    float[] values = AdapterInit.values(layout, 7, () -> new float[0]);
    var random = new Random(7);
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (0.15 * random.nextGaussian());
    }
    PeftFormat.write(directory, layout, values, MODEL.toString());
    return directory;
  }

  private static List<String> answers(Optional<Path> adapter) {
    try (Generator generator = Generator.open(MODEL, adapter, Device.cpu())) {
      return QUESTIONS.stream()
          .map(asked -> generator.dialogue(Optional.empty(), asked))
          .map(prompt -> generator.answer(prompt, GREEDY, 24, piece -> {}).text())
          .toList();
    }
  }

  /** By the batched generation that evaluation uses. */
  private static List<String> evaluated(Optional<Path> adapter) {
    try (ChatTokenizer tokenizer = ChatTokenizer.open(MODEL).orElseThrow();
        BaseModel model = BaseModel.load(MODEL, Device.cpu());
        var scope = model.newScope()) {
      var read = adapter.map(place -> PeftFormat.read(place, model.config()));
      var evaluator = new Evaluator(TrainedState.of(scope, model, read));
      List<int[]> prompts =
          QUESTIONS.stream().map(asked -> tokenizer.prompt(List.of(Message.user(asked)))).toList();
      return evaluator.answer(prompts, List.copyOf(tokenizer.eosIds()), 24).stream()
          .map(tokenizer::decode)
          .toList();
    }
  }

  @Test
  void answers_are_those_that_evaluation_gives() throws IOException {
    List<String> base = answers(Optional.empty());
    List<String> adapted = answers(Optional.of(adapter()));

    assertThat(base).isEqualTo(evaluated(Optional.empty()));
    assertThat(adapted).isEqualTo(evaluated(Optional.of(directory))).isNotEqualTo(base);
  }

  @Test
  void what_is_streamed_is_the_answer() {
    try (Generator generator = Generator.open(MODEL, Optional.empty(), Device.cpu())) {
      int[] prompt = generator.dialogue(Optional.of("你好"), "你是谁？");
      for (Sampling sampling : List.of(GREEDY, new Sampling(2, 1, 5), new Sampling(1, 0.9, 5))) {
        var pieces = new ArrayList<String>();
        Generator.Answer answer = generator.answer(prompt, sampling, 40, pieces::add);
        assertThat(String.join("", pieces)).isEqualTo(answer.text());
        assertThat(generator.answer(prompt, sampling, 40, piece -> {})).isEqualTo(answer);
      }
    }
  }

  @Test
  void an_answer_is_cut_off_at_the_limit_and_at_the_models_longest_row() {
    try (Generator generator = Generator.open(MODEL, Optional.empty(), Device.cpu())) {
      Generator.Answer one = generator.answer(generator.text("What is"), GREEDY, 1, piece -> {});
      assertThat(one.tokens()).isEqualTo(1);
      assertThat(one.cutOff()).isTrue();
      int[] full = new int[1020];
      assertThat(generator.answer(full, new Sampling(5, 1, 1), 100, piece -> {}).tokens())
          .isLessThanOrEqualTo(4);
      assertThatThrownBy(() -> generator.answer(new int[1024], GREEDY, 1, piece -> {}))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("1024");
      assertThatThrownBy(() -> generator.answer(new int[0], GREEDY, 1, piece -> {}))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("empty");
    }
  }

  @Test
  void an_adapter_that_is_none_or_of_another_model_is_refused_with_the_reason() {
    Path other = Golden.path("runs/qwen2_tiny/adamw_cosine_b4_a1/adapter_final");
    refused(other, "adapter_model.safetensors does not fit the model", "q_proj", "but at rank");
    refused(directory.resolve("none"), "none has no adapter_config.json");
    refused(MODEL, "this is a whole model");
    assertThatThrownBy(
            () -> Generator.open(directory.resolve("none"), Optional.empty(), Device.cpu()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not a directory");
  }

  @Test
  void a_model_that_writes_no_text_is_refused() {
    assertThatThrownBy(
            () -> Generator.open(Golden.path("models/bert_tiny"), Optional.empty(), Device.cpu()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("it writes no text");
  }

  @Test
  void an_adapter_of_a_deeper_model_is_refused() throws IOException {
    ObjectNode config =
        (ObjectNode) new ObjectMapper().readTree(MODEL.resolve("config.json").toFile());
    config.put("num_hidden_layers", config.get("num_hidden_layers").asInt() + 1);
    Files.writeString(directory.resolve("config.json"), config.toString());
    ModelConfig deeper = ModelConfig.read(directory);
    var layout = AdapterLayout.of(deeper, Lora.plain(4, 8, 0, List.of("q_proj")));
    PeftFormat.write(
        directory, layout, AdapterInit.values(layout, 7, () -> new float[0]), "deeper");
    refused(directory, "the model has no place for", "layers.4");
  }

  private static void refused(Path adapter, String... reasons) {
    assertThatThrownBy(() -> Generator.open(MODEL, Optional.of(adapter), Device.cpu()))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(reasons);
  }
}
