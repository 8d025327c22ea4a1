package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  @TempDir Path directory;

  private ModelConfig read(String model, String key, String value) throws IOException {
    ObjectNode config = (ObjectNode) Golden.json("models/%s/config.json".formatted(model));
    config.set(key, JSON.readTree(value));
    Files.writeString(directory.resolve("config.json"), config.toString());
    return ModelConfig.read(directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2_tiny",
        "llama_tiny",
        "qwen3_tiny",
        "llama3rope_tiny",
        "gpt2_tiny",
        "bert_tiny"
      })
  void both_styles_of_config_say_the_same(String model) throws IOException {
    Path source = Golden.path("models/" + model);
    Files.copy(source.resolve("config.v5.json"), directory.resolve("config.json"));
    Path generation = source.resolve("generation_config.json");
    if (Files.exists(generation)) {
      Files.copy(generation, directory.resolve("generation_config.json"));
    }

    assertThat(ModelConfig.read(directory)).isEqualTo(ModelConfig.read(source));
  }

  @Test
  void qwen2_has_biases_on_queries_keys_and_values_alone() throws IOException {
    ModelConfig qwen = read("qwen2_tiny", "use_cache", "true");
    assertThat(biased(qwen)).containsExactly("q_proj", "k_proj", "v_proj");
    assertThat(qwen.kvHeads()).isEqualTo(2);
    assertThat(qwen.architecture())
        .isInstanceOfSatisfying(
            RotaryDecoder.class,
            decoder -> {
              assertThat(decoder.tied()).isTrue();
              assertThat(decoder.positions().theta()).isEqualTo(1e6);
            });
  }

  @Test
  void llamas_attention_bias_is_on_all_four() throws IOException {
    assertThat(biased(read("llama_tiny", "attention_bias", "true")))
        .containsExactly("q_proj", "k_proj", "v_proj", "o_proj");
  }

  private static List<String> biased(ModelConfig model) {
    return model.architecture().tensors(model).modules().stream()
        .filter(ModelTensors.Linear::biased)
        .map(module -> module.at(0, 0).moduleName())
        .toList();
  }

  @Test
  void a_mistral_computes_rows_within_its_window_exactly() throws IOException {
    assertThat(mistral("4096").longestRow()).hasValue(4096);
    assertThat(mistral("null").longestRow()).isEmpty();
  }

  private ModelConfig mistral(String window) throws IOException {
    ObjectNode config = (ObjectNode) Golden.json("models/llama_tiny/config.json");
    config.put("model_type", "mistral").set("sliding_window", JSON.readTree(window));
    config.putArray("architectures").add("MistralForCausalLM");
    Files.writeString(directory.resolve("config.json"), config.toString());
    return ModelConfig.read(directory);
  }

  @Test
  void several_end_tokens_are_all_known() throws IOException {
    assertThat(read("llama_tiny", "eos_token_id", "[2, 7]").endTokens()).containsExactly(2, 7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model_type | \"phi3\" | bert, gpt2, llama, mistral, qwen2, qwen3",
        "architectures | [\"Qwen2ForSequenceClassification\"] | Qwen2ForCausalLM",
        "hidden_act | \"gelu\" | silu",
        "rope_scaling | {\"rope_type\": \"llama3\"} | rope_scaling.factor",
        "rope_scaling | {\"rope_type\": \"yarn\", \"factor\": 4.0} | default and llama3",
        "rope_scaling | {\"type\": \"linear\"} | default",
        "quantization_config | {} | float32",
        "hidden_size | 65 | multiple",
        "hidden_size | null | missing",
        "num_key_value_heads | 3 | divide",
        "num_hidden_layers | 0 | above 0",
        "rms_norm_eps | \"small\" | above 0",
        "torch_dtype | \"float8_e4m3fn\" | bfloat16",
        "layer_types | [\"sliding_attention\"] | full_attention"
      })
  void what_is_not_computed_exactly_is_refused_by_file_and_key(
      String key, String value, String supported) {
    assertThatThrownBy(() -> read("qwen2_tiny", key, value))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(directory.resolve("config.json").toString())
        .hasMessageContaining(supported);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt2_tiny | activation_function | \"relu\" | gelu_new",
        "gpt2_tiny | scale_attn_by_inverse_layer_idx | true | false",
        "gpt2_tiny | n_embd | 65 | multiple",
        "bert_tiny | position_embedding_type | \"relative_key\" | absolute",
        "bert_tiny | problem_type | \"regression\" | single_label_classification",
        "bert_tiny | architectures | [\"BertForMaskedLM\"] | BertForSequenceClassification",
        "bert_tiny | id2label | {\"0\": \"a\"} | two or more",
        "qwen3_tiny | architectures | [\"Qwen3ForSequenceClassification\"] | Qwen3ForCausalLM"
      })
  void every_family_refuses_what_it_does_not_compute(
      String model, String key, String value, String supported) {
    assertThatThrownBy(() -> read(model, key, value))
        .isInstanceOf(UserError.class)
        .hasMessageContainingAll(directory.resolve("config.json").toString(), key, supported);
  }

  @Test
  void a_sliding_window_in_use_is_refused() throws IOException {
    ObjectNode config = (ObjectNode) Golden.json("models/qwen2_tiny/config.json");
    config.put("use_sliding_window", true).put("max_window_layers", 1);
    Files.writeString(directory.resolve("config.json"), config.toString());

    assertThatThrownBy(() -> ModelConfig.read(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("use_sliding_window");
  }

  @Test
  void a_directory_without_config_is_named() {
    assertThatThrownBy(() -> ModelConfig.read(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("config.json is missing");
  }
}
