package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** config.json, old style (transformers 4) and new (5), checked for what the engine computes. */
final class ModelConfigReader {
  private static final List<String> DTYPES = List.of("float32", "bfloat16", "float16");
  private final ConfigFile config;

  private ModelConfigReader(ConfigFile config) {
    this.config = config;
  }

  static ModelConfig read(Path directory) {
    return new ModelConfigReader(ConfigFile.read(directory.resolve("config.json"))).model();
  }

  private ModelConfig model() {
    String type = modelType();
    boolean llama = type.equals("llama");
    int hidden = config.positive("hidden_size");
    int layers = config.positive("num_hidden_layers");
    int heads = config.positive("num_attention_heads");
    int kvHeads = config.positive("num_key_value_heads", heads);
    if (heads % kvHeads != 0) {
      throw config.problem(
          "num_key_value_heads",
          "is %d; it must divide num_attention_heads, which is %d".formatted(kvHeads, heads));
    }
    if (config.find("head_dim").isEmpty() && hidden % heads != 0) {
      throw config.problem(
          "hidden_size", "is %d; it must be a multiple of the %d heads".formatted(hidden, heads));
    }
    int headSize = config.positive("head_dim", hidden / heads);
    if (headSize % 2 != 0) {
      throw config.problem("head_dim", "is %d; rotary embedding needs it even".formatted(headSize));
    }
    refuseUnsupported(layers);
    boolean attentionBias = llama && config.flag("attention_bias", false);
    return new ModelConfig(
        type,
        config.positive("vocab_size"),
        hidden,
        config.positive("intermediate_size"),
        layers,
        heads,
        kvHeads,
        headSize,
        config.positive("max_position_embeddings", llama ? 2048 : 32768),
        config.find("rms_norm_eps").isPresent() ? config.positiveNumber("rms_norm_eps") : 1e-6,
        ropeTheta(),
        !llama || attentionBias,
        attentionBias,
        llama && config.flag("mlp_bias", false),
        config.flag("tie_word_embeddings", false),
        dtype(),
        endTokens());
  }

  private String modelType() {
    String type = config.text("model_type", "");
    if (!type.equals("qwen2") && !type.equals("llama")) {
      throw config.problem("model_type", "is '%s'; supported are qwen2 and llama".formatted(type));
    }
    String architecture = type.equals("llama") ? "LlamaForCausalLM" : "Qwen2ForCausalLM";
    for (JsonNode named : config.find("architectures").map(List::of).orElse(List.of())) {
      if (named.size() != 1 || !named.get(0).asText().equals(architecture)) {
        throw config.problem(
            "architectures", "is %s; supported is [\"%s\"]".formatted(named, architecture));
      }
    }
    return type;
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
    config
        .find("layer_types")
        .ifPresent(
            types ->
                types.forEach(
                    kind -> {
                      if (!kind.asText().equals("full_attention")) {
                        throw config.problem(
                            "layer_types", "has %s; supported is full_attention".formatted(kind));
                      }
                    }));
    config
        .find("quantization_config")
        .ifPresent(
            node -> {
              throw config.problem(
                  "quantization_config",
                  "is present; supported are weights in float32, bfloat16 and float16");
            });
  }

  private double ropeTheta() {
    Optional<JsonNode> parameters = config.find("rope_parameters");
    Optional<JsonNode> scaling = config.find("rope_scaling");
    refuseRopeScaling("rope_parameters", parameters);
    refuseRopeScaling("rope_scaling", scaling);
    Optional<JsonNode> theta =
        parameters.map(node -> node.get("rope_theta")).filter(node -> !node.isNull());
    if (theta.isPresent()) {
      return config.positiveNumber("rope_parameters.rope_theta", theta.get());
    }
    return config.find("rope_theta").isPresent() ? config.positiveNumber("rope_theta") : 10_000;
  }

  private void refuseRopeScaling(String key, Optional<JsonNode> settings) {
    settings.ifPresent(
        node -> {
          String type = node.path("rope_type").asText(node.path("type").asText("default"));
          if (!type.equals("default")) {
            throw config.problem(key, "has type '%s'; supported is default".formatted(type));
          }
        });
  }

  private String dtype() {
    String dtype = config.text("dtype", config.text("torch_dtype", "float32"));
    if (!DTYPES.contains(dtype)) {
      throw config.problem("dtype", "is '%s'; supported are %s".formatted(dtype, DTYPES));
    }
    return dtype;
  }

  private List<Integer> endTokens() {
    Path generation = config.file().resolveSibling("generation_config.json");
    Optional<JsonNode> ends = Optional.empty();
    if (Files.isRegularFile(generation)) {
      ends = ConfigFile.read(generation).find("eos_token_id");
    }
    JsonNode node = ends.or(() -> config.find("eos_token_id")).orElse(null);
    var tokens = new ArrayList<Integer>();
    if (node != null && node.isArray()) {
      node.forEach(token -> tokens.add(token.asInt()));
    } else if (node != null) {
      tokens.add(node.asInt());
    }
    return tokens;
  }
}
