package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** config.json, old style (transformers 4) and new (5), checked for what the engine computes. */
final class ModelConfigReader {
  /** The class of transformers that computes each model_type. */
  private static final Map<String, String> SUPPORTED =
      new TreeMap<>(
          Map.of(
              "bert", "BertForSequenceClassification",
              "gpt2", "GPT2LMHeadModel",
              "llama", "LlamaForCausalLM",
              "mistral", "MistralForCausalLM",
              "qwen2", "Qwen2ForCausalLM",
              "qwen3", "Qwen3ForCausalLM"));

  private static final List<String> DTYPES = List.of("float32", "bfloat16", "float16");

  private ModelConfigReader() {}

  static ModelConfig read(Path directory) {
    ConfigFile config = ConfigFile.read(directory.resolve("config.json"));
    String type = config.text("model_type", "");
    requireSupported(config, type);
    return switch (type) {
      case "gpt2" -> new Gpt2Config(config, dtype(config), endTokens(config)).model();
      case "bert" -> new BertConfig(config, dtype(config)).model();
      default -> new RotaryConfig(config, type, dtype(config), endTokens(config)).model();
    };
  }

  private static void requireSupported(ConfigFile config, String type) {
    String architecture = SUPPORTED.get(type);
    if (architecture == null) {
      throw config.problem(
          "model_type",
          "is '%s'; supported are %s".formatted(type, String.join(", ", SUPPORTED.keySet())));
    }
    for (JsonNode named : config.find("architectures").map(List::of).orElse(List.of())) {
      if (named.size() != 1 || !named.get(0).asText().equals(architecture)) {
        throw config.problem(
            "architectures", "is %s; supported is [\"%s\"]".formatted(named, architecture));
      }
    }
    config
        .find("quantization_config")
        .ifPresent(
            node -> {
              throw config.problem(
                  "quantization_config",
                  "is present; supported are weights in float32, bfloat16 and float16");
            });
  }

  private static String dtype(ConfigFile config) {
    String dtype = config.text("dtype", config.text("torch_dtype", "float32"));
    if (!DTYPES.contains(dtype)) {
      throw config.problem("dtype", "is '%s'; supported are %s".formatted(dtype, DTYPES));
    }
    return dtype;
  }

  private static List<Integer> endTokens(ConfigFile config) {
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
