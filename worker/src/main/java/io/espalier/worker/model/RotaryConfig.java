package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** config.json of Llama, Mistral, Qwen2 and Qwen3. */
record RotaryConfig(ConfigFile config, String type, String dtype, List<Integer> endTokens) {

  ModelConfig model() {
    int hidden = config.positive("hidden_size");
    int layers = config.positive("num_hidden_layers");
    int heads = config.positive("num_attention_heads");
    int kvHeads = config.positive("num_key_value_heads", standardKvHeads(heads));
    if (heads % kvHeads != 0) {
      throw config.problem(
          "num_key_value_heads",
          "is %d; it must divide num_attention_heads, which is %d".formatted(kvHeads, heads));
    }
    refuseUnsupported(layers);
    return new ModelConfig(
        type,
        config.positive("vocab_size"),
        hidden,
        layers,
        heads,
        kvHeads,
        headSize(hidden, heads),
        config.positive("max_position_embeddings", standardPositions()),
        dtype,
        endTokens,
        decoder());
  }

  private RotaryDecoder decoder() {
    boolean llama = type.equals("llama");
    boolean attentionBias = (llama || type.equals("qwen3")) && config.flag("attention_bias", false);
    return new RotaryDecoder(
        config.positive("intermediate_size"),
        config.positiveNumber("rms_norm_eps", 1e-6),
        positions(),
        type.equals("qwen2") || attentionBias,
        attentionBias,
        llama && config.flag("mlp_bias", false),
        type.equals("qwen3"),
        config.flag("tie_word_embeddings", false),
        window());
  }

  /** What transformers takes where the key is missing. */
  private int standardKvHeads(int heads) {
    return type.equals("mistral") ? 8 : heads;
  }

  private int standardPositions() {
    return switch (type) {
      case "llama" -> 2048;
      case "mistral" -> 131_072;
      default -> 32_768;
    };
  }

  private int headSize(int hidden, int heads) {
    boolean given = config.find("head_dim").isPresent();
    if (!given && !type.equals("qwen3") && hidden % heads != 0) {
      throw config.problem(
          "hidden_size", "is %d; it must be a multiple of the %d heads".formatted(hidden, heads));
    }
    int headSize = config.positive("head_dim", type.equals("qwen3") ? 128 : hidden / heads);
    if (headSize % 2 != 0) {
      throw config.problem("head_dim", "is %d; rotary embedding needs it even".formatted(headSize));
    }
    return headSize;
  }

  private void refuseUnsupported(int layers) {
    String activation = config.text("hidden_act", "silu");
    if (!activation.equals("silu")) {
      throw config.problem("hidden_act", "is '%s'; supported is silu".formatted(activation));
    }
    boolean sliding =
        config.flag("use_sliding_window", false)
            && config.find("sliding_window").isPresent()
            && config.positive("max_window_layers", layers) < layers;
    if (sliding) {
      throw config.problem(
          "use_sliding_window", "is true for some layers; supported is full attention (false)");
    }
    if (!type.equals("mistral")) {
      refuseLayerTypes();
    }
  }

  private void refuseLayerTypes() {
    for (JsonNode kind : config.find("layer_types").map(List::of).orElse(List.of())) {
      kind.forEach(
          each -> {
            if (!each.asText().equals("full_attention")) {
              throw config.problem(
                  "layer_types", "has %s; supported is full_attention".formatted(each));
            }
          });
    }
  }

  /** Mistral's layers all have it, with 4,096 tokens where the key is missing. */
  private OptionalInt window() {
    boolean none = config.root().has("sliding_window") && config.find("sliding_window").isEmpty();
    return type.equals("mistral") && !none
        ? OptionalInt.of(config.positive("sliding_window", 4096))
        : OptionalInt.empty();
  }

  private RotaryPositions positions() {
    Optional<JsonNode> parameters = config.find("rope_parameters");
    Optional<RotaryPositions.Llama3> stretching =
        stretching("rope_parameters", parameters)
            .or(() -> stretching("rope_scaling", config.find("rope_scaling")));
    Optional<JsonNode> theta =
        parameters.map(node -> node.get("rope_theta")).filter(node -> !node.isNull());
    if (theta.isPresent()) {
      return new RotaryPositions(
          config.positiveNumber("rope_parameters.rope_theta", theta.get()), stretching);
    }
    return new RotaryPositions(config.positiveNumber("rope_theta", 10_000), stretching);
  }

  private Optional<RotaryPositions.Llama3> stretching(String key, Optional<JsonNode> settings) {
    if (settings.isEmpty()) {
      return Optional.empty();
    }
    JsonNode node = settings.get();
    String kind = node.path("rope_type").asText(node.path("type").asText("default"));
    if (kind.equals("default")) {
      return Optional.empty();
    }
    if (!kind.equals("llama3")) {
      throw config.problem(
          key, "has rope_type '%s'; supported are default and llama3".formatted(kind));
    }
    var llama3 =
        new RotaryPositions.Llama3(
            number(key, node, "factor"),
            number(key, node, "low_freq_factor"),
            number(key, node, "high_freq_factor"),
            (int) number(key, node, "original_max_position_embeddings"));
    if (!(llama3.highFactor() > llama3.lowFactor())) {
      throw config.problem(
          key + ".high_freq_factor",
          "is %s; expected more than low_freq_factor, which is %s"
              .formatted(llama3.highFactor(), llama3.lowFactor()));
    }
    return Optional.of(llama3);
  }

  private double number(String key, JsonNode settings, String name) {
    return config.positiveNumber(key + "." + name, settings.path(name));
  }
}
