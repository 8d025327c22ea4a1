package io.espalier.worker.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Training;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.Golden;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A run of the reference numbers.
 *
 * @param name {@code <model>/<case>}
 */
record GoldenRun(String name, JsonNode json) {
  static GoldenRun of(String name) {
    return new GoldenRun(name, Golden.run(name));
  }

  Path modelDirectory() {
    return Golden.path(json.get("model").asText());
  }

  Optional<Path> adapter(String which) {
    Path directory = Golden.path("runs/" + name).resolve(which);
    return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
  }

  /** Whether its rows' first tokens lie at later places than 0 of a model that learned places. */
  boolean countsPadding() {
    String type =
        Golden.json(json.get("model").asText() + "/config.json").get("model_type").asText();
    return Set.of("gpt2", "bert").contains(type)
        && json.get("padding_side").asText().equals("left");
  }

  int updates() {
    return json.get("steps").asInt();
  }

  double expected(String column, int update) {
    return json.get(column).get(update - 1).asDouble();
  }

  /**
   * Parameters after the run may be so far off (the set's README): Adam divides by the gradient's
   * size, so what is rounded in a small one moves a parameter by up to the learning rate.
   */
  float parameterTolerance() {
    JsonNode optimizer = json.get("optimizer");
    boolean divides = optimizer.get("name").asText().startsWith("Adam");
    return divides && optimizer.get("lr").asDouble() >= 5e-3 ? 2e-4f : 2e-5f;
  }

  /** The run's settings, by the names that a specification has for them. */
  Training training() {
    JsonNode optimizer = json.get("optimizer");
    JsonNode schedule = json.get("schedule");
    var texts = new LinkedHashMap<String, String>();
    texts.put("learning_rate", optimizer.get("lr").asText());
    texts.put("max_steps", schedule.get("total_steps").asText());
    texts.put("lr_scheduler_type", schedule.get("name").asText());
    texts.put("warmup_steps", schedule.get("warmup_steps").asText());
    texts.put("optimizer", optimizer.get("name").asText().toLowerCase(Locale.ROOT));
    texts.put("weight_decay", optimizer.path("weight_decay").asText("0"));
    if (optimizer.has("betas")) {
      texts.put("adam_beta1", optimizer.get("betas").get(0).asText());
      texts.put("adam_beta2", optimizer.get("betas").get(1).asText());
      texts.put("adam_epsilon", optimizer.get("eps").asText());
    } else {
      texts.put("momentum", optimizer.path("momentum").asText("0"));
    }
    texts.put("max_grad_norm", json.path("max_grad_norm").asText("0").replace("null", "0"));
    texts.put("loss_normalisation", json.get("accum_norm").asText());
    texts.putAll(lora(json.get("peft")));
    return Hyperparameters.of(texts).training();
  }

  private static Map<String, String> lora(JsonNode peft) {
    var texts = new LinkedHashMap<String, String>();
    texts.put("lora_rank", peft.get("r").asText());
    texts.put("lora_alpha", peft.get("lora_alpha").asText());
    texts.put("use_rslora", peft.path("use_rslora").asText("false"));
    texts.put("use_dora", peft.path("use_dora").asText("false"));
    texts.put("rank_pattern", pairs(peft.path("rank_pattern")));
    texts.put("alpha_pattern", pairs(peft.path("alpha_pattern")));
    JsonNode modules = peft.get("target_modules");
    var names = new ArrayList<String>();
    modules.forEach(module -> names.add(module.asText()));
    texts.put("target_modules", modules.isTextual() ? modules.asText() : String.join(", ", names));
    return texts;
  }

  private static String pairs(JsonNode pattern) {
    return pattern.isEmpty()
        ? "{}"
        : pattern.properties().stream()
            .map(pair -> pair.getKey() + ": " + pair.getValue())
            .collect(Collectors.joining(", "));
  }

  /** The micro-batches of an update. */
  List<List<TokenRow>> microBatches(int update) {
    List<TokenRow> rows = Golden.rows(Golden.model(json));
    int each = json.get("grad_accum").asInt();
    var batches = new ArrayList<List<TokenRow>>();
    for (int i = 0; i < each; i++) {
      int[] batch = Golden.ints(json.get("micro_batches").get((update - 1) * each + i));
      batches.add(Arrays.stream(batch).mapToObj(rows::get).toList());
    }
    return batches;
  }
}
