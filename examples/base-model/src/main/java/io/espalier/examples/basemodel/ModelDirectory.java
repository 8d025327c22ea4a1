package io.espalier.examples.basemodel;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.examples.basemodel.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the JSON files of a HuggingFace model directory. */
record ModelDirectory(Path path) {
  private static final String END_OF_TEXT = "<|endoftext|>";
  private static final String START_OF_TURN = "<|im_start|>";
  private static final String END_OF_TURN = "<|im_end|>";

  /** In the order of their ids. */
  static final List<String> SPECIAL = List.of(END_OF_TEXT, START_OF_TURN, END_OF_TURN);

  private static final int LONGEST = 1024;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** ChatML as Qwen2.5 uses it, without its default system message. */
  private static final String CHAT_TEMPLATE =
      """
      {%- for message in messages %}
          {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
      {%- endfor %}
      {%- if add_generation_prompt %}
          {{- '<|im_start|>assistant\\n' }}
      {%- endif %}
      """;

  void writeConfigs(ModelShape shape, Vocabulary vocabulary) throws IOException {
    Files.createDirectories(path);
    vocabulary.write(path.resolve("tokenizer.json"));
    write("config.json", config(shape, vocabulary));
    write("generation_config.json", generationConfig(vocabulary));
    write("tokenizer_config.json", tokenizerConfig(vocabulary));
  }

  private static ObjectNode config(ModelShape shape, Vocabulary vocabulary) {
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add("Qwen2ForCausalLM");
    return config
        .put("attention_dropout", 0.0)
        .put("bos_token_id", vocabulary.specialId(END_OF_TEXT))
        .put("eos_token_id", vocabulary.specialId(END_OF_TURN))
        .put("hidden_act", "silu")
        .put("hidden_size", shape.hidden())
        .put("initializer_range", RandomWeights.DEVIATION)
        .put("intermediate_size", shape.intermediate())
        .put("max_position_embeddings", LONGEST)
        .put("model_type", "qwen2")
        .put("num_attention_heads", shape.heads())
        .put("num_hidden_layers", shape.layers())
        .put("num_key_value_heads", shape.keyValueHeads())
        .put("rms_norm_eps", 1e-6)
        .put("rope_theta", 10_000.0)
        .put("tie_word_embeddings", true)
        .put("torch_dtype", "bfloat16")
        .put("use_cache", true)
        .put("use_sliding_window", false)
        .put("vocab_size", shape.vocabulary());
  }

  private static ObjectNode generationConfig(Vocabulary vocabulary) {
    ObjectNode config = JSON.createObjectNode();
    config.put("bos_token_id", vocabulary.specialId(END_OF_TEXT)).put("do_sample", false);
    config
        .putArray("eos_token_id")
        .add(vocabulary.specialId(END_OF_TURN))
        .add(vocabulary.specialId(END_OF_TEXT));
    return config.put("pad_token_id", vocabulary.specialId(END_OF_TEXT));
  }

  private static ObjectNode tokenizerConfig(Vocabulary vocabulary) {
    ObjectNode config = JSON.createObjectNode();
    config.put("add_prefix_space", false);
    ObjectNode added = config.putObject("added_tokens_decoder");
    for (String token : SPECIAL) {
      added
          .putObject(Integer.toString(vocabulary.specialId(token)))
          .put("content", token)
          .put("lstrip", false)
          .put("normalized", false)
          .put("rstrip", false)
          .put("single_word", false)
          .put("special", true);
    }
    config.putArray("additional_special_tokens").add(START_OF_TURN).add(END_OF_TURN);
    config.putNull("bos_token");
    return config
        .put("chat_template", CHAT_TEMPLATE)
        .put("clean_up_tokenization_spaces", false)
        .put("eos_token", END_OF_TURN)
        .put("model_max_length", LONGEST)
        .put("pad_token", END_OF_TEXT)
        .put("tokenizer_class", "PreTrainedTokenizerFast");
  }

  private void write(String name, ObjectNode content) throws IOException {
    String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content);
    Files.writeString(path.resolve(name), text + "\n");
  }
}
