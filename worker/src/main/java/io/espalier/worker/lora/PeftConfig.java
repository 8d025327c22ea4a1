package io.espalier.worker.lora;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import io.espalier.common.trial.Lora;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;

/** {@code adapter_config.json}: every key PEFT 0.20 writes, sorted, two spaces of indentation. */
final class PeftConfig {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keys that change what an adapter computes and that this reader does not know. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "use_qalora",
          "use_bdlora",
          "lora_bias",
          "layers_to_transform",
          "layer_replication",
          "exclude_modules",
          "arrow_config",
          "monteclora_config",
          "velora_config",
          "target_parameters",
          "trainable_token_indices",
          "alora_invocation_tokens");

  /** Initialisations that leave the base as it is; the others train against one of their own. */
  private static final Set<String> PLAIN_STARTS = Set.of("true", "false", "gaussian", "orthogonal");

  /** What PEFT saves whole for sequence classification, whichever of them a model has. */
  private static final List<String> HEADS = List.of("classifier", "score");

  private static final String TEMPLATE =
      """
      {
        "alora_invocation_tokens": null,
        "alpha_pattern": %s,
        "arrow_config": null,
        "auto_mapping": null,
        "base_model_name_or_path": %s,
        "bias": "none",
        "corda_config": null,
        "ensure_weight_tying": false,
        "eva_config": null,
        "exclude_modules": null,
        "fan_in_fan_out": %s,
        "inference_mode": true,
        "init_lora_weights": true,
        "layer_replication": null,
        "layers_pattern": null,
        "layers_to_transform": null,
        "loftq_config": {},
        "lora_alpha": %s,
        "lora_bias": false,
        "lora_dropout": %s,
        "lora_ga_config": null,
        "megatron_config": null,
        "megatron_core": "megatron.core",
        "modules_to_save": %s,
        "monteclora_config": null,
        "peft_type": "LORA",
        "peft_version": "0.20.0",
        "qalora_group_size": 16,
        "r": %d,
        "rank_pattern": %s,
        "revision": null,
        "target_modules": [
      %s
        ],
        "target_parameters": null,
        "task_type": %s,
        "trainable_token_indices": null,
        "use_bdlora": null,
        "use_dora": %s,
        "use_qalora": false,
        "use_rslora": %s,
        "velora_config": null
      }""";

  private PeftConfig() {}

  static String json(AdapterLayout layout, String baseModel) {
    Lora lora = layout.lora();
    return TEMPLATE.formatted(
        pattern(lora.alphaPattern()),
        quoted(baseModel),
        layout.model().storesTransposed(),
        number(lora.alpha()),
        Double.toString(lora.dropout()),
        layout.model().classes() > 0 ? "[\n" + lines(HEADS) + "\n  ]" : "null",
        lora.rank(),
        pattern(lora.rankPattern()),
        lines(layout.targets()),
        quoted(taskType(layout.model())),
        lora.dora(),
        lora.rslora());
  }

  private static String taskType(ModelConfig model) {
    return model.classes() > 0 ? "SEQ_CLS" : "CAUSAL_LM";
  }

  private static String lines(List<String> names) {
    return names.stream().map(name -> "    " + quoted(name)).collect(Collectors.joining(",\n"));
  }

  /** As json.dumps writes a number that was whole in Python. */
  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** Not sorted as the keys around it: PEFT takes the first entry that matches a module. */
  private static String pattern(Map<String, ? extends Number> values) {
    return values.isEmpty()
        ? "{}"
        : values.entrySet().stream()
            .map(
                each ->
                    "    %s: %s"
                        .formatted(quoted(each.getKey()), number(each.getValue().doubleValue())))
            .collect(Collectors.joining(",\n", "{\n", "\n  }"));
  }

  private static String quoted(String text) {
    try {
      return JSON.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static Lora read(Path file, ModelConfig model) {
    JsonNode config;
    try {
      config = JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UserError("%s cannot be read as JSON: %s".formatted(file, e.getMessage()), e);
    }
    require(file, config, "peft_type", "LORA");
    if (!config.path("task_type").isNull()) {
      require(file, config, "task_type", taskType(model));
    }
    requirePlainStart(file, config.path("init_lora_weights"));
    if (!model.storesTransposed()) {
      require(file, config, "fan_in_fan_out", "false");
    }
    requireSaved(file, config.path("modules_to_save"), model);
    require(file, config, "bias", "none");
    for (String key : UNSUPPORTED) {
      JsonNode value = config.path(key);
      boolean unset =
          value.isMissingNode()
              || value.isNull()
              || (value.isBoolean() && !value.booleanValue())
              || (value.isContainerNode() && value.isEmpty());
      if (!unset) {
        throw new UserError("%s: %s is %s, which is not supported".formatted(file, key, value));
      }
    }
    int rank = config.path("r").asInt(0);
    double alpha = config.path("lora_alpha").asDouble(0);
    if (rank < 1 || !(alpha > 0)) {
      throw new UserError("%s: r and lora_alpha must be above 0".formatted(file));
    }
    return new Lora(
        rank,
        alpha,
        config.path("lora_dropout").asDouble(0),
        modules(file, config),
        pattern(file, config, "rank_pattern", model, JsonNode::intValue),
        pattern(file, config, "alpha_pattern", model, JsonNode::doubleValue),
        config.path("use_rslora").asBoolean(),
        config.path("use_dora").asBoolean(),
        1);
  }

  private static <T> Map<String, T> pattern(
      Path file, JsonNode config, String key, ModelConfig model, Function<JsonNode, T> number) {
    var pattern = new LinkedHashMap<String, T>();
    for (Map.Entry<String, JsonNode> each : config.path(key).properties()) {
      requireModule(file, key, each.getKey(), model);
      pattern.put(each.getKey(), number.apply(each.getValue()));
    }
    return pattern;
  }

  private static void requireModule(Path file, String key, String name, ModelConfig model) {
    try {
      if (model.modules().stream().anyMatch(module -> Lora.matches(name, module.path()))) {
        return;
      }
    } catch (PatternSyntaxException e) {
      throw new UserError(
          "%s: %s: '%s' is no regular expression: %s"
              .formatted(file, key, name, e.getDescription()),
          e);
    }
    throw new UserError("%s: %s: no module of this model is '%s'".formatted(file, key, name));
  }

  private static void requirePlainStart(Path file, JsonNode start) {
    if (start.isMissingNode() || start.isNull() || PLAIN_STARTS.contains(start.asText())) {
      return;
    }
    throw new UserError(
        "%s: init_lora_weights is %s, which changes the base model that the adapter is for; supported are true, false, gaussian and orthogonal"
            .formatted(file, start));
  }

  private static void require(Path file, JsonNode config, String key, String expected) {
    String found = config.path(key).asText(key.equals("fan_in_fan_out") ? "false" : "missing");
    if (!found.equals(expected)) {
      throw new UserError("%s: %s is %s; supported is %s".formatted(file, key, found, expected));
    }
  }

  private static void requireSaved(Path file, JsonNode saved, ModelConfig model) {
    var names = new HashSet<String>();
    saved.forEach(name -> names.add(name.asText()));
    boolean right = model.classes() > 0 ? names.equals(Set.copyOf(HEADS)) : names.isEmpty();
    if (!right) {
      throw new UserError(
          "%s: modules_to_save is %s; supported is %s"
              .formatted(file, saved, model.classes() > 0 ? HEADS : "null"));
    }
  }

  private static List<String> modules(Path file, JsonNode config) {
    JsonNode named = config.path("target_modules");
    if (named.isTextual() && named.asText().equals(AdapterLayout.ALL_LINEAR)) {
      return List.of(AdapterLayout.ALL_LINEAR);
    }
    if (!named.isArray()) {
      throw new UserError(
          "%s: target_modules is %s; supported is a list of module names or %s"
              .formatted(file, named, AdapterLayout.ALL_LINEAR));
    }
    var modules = new ArrayList<String>();
    named.forEach(module -> modules.add(module.asText()));
    return modules;
  }
}
