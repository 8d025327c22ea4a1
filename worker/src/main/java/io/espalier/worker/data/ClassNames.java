package io.espalier.worker.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.UserError;
import io.espalier.common.spec.NearestWord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The classes that a model puts rows in, as its config.json names and numbers them.
 *
 * @param ids numbers from 0 by name, ascending; empty where the model predicts tokens
 */
public record ClassNames(Map<String, Integer> ids) {
  /** Of a model that predicts tokens. */
  public static final ClassNames NONE = new ClassNames(Map.of());

  private static final String ARCHITECTURE = "ForSequenceClassification";
  private static final int LISTED = 20;

  public ClassNames {
    ids = Collections.unmodifiableMap(new LinkedHashMap<>(ids));
  }

  /**
   * {@code label2id} of config.json, else {@code id2label}, else transformers' LABEL_0, LABEL_1, …
   *
   * @throws UserError when they do not number names from 0 without a gap, or contradict each other
   */
  static ClassNames of(JsonNode config, Path file) {
    if (!classifies(config)) {
      return NONE;
    }
    var byId = new ArrayList<String>();
    int count = config.path("num_labels").asInt(2);
    JsonNode named = config.path("id2label");
    for (int id = 0; id < (named.isObject() ? named.size() : count); id++) {
      JsonNode name = named.path(Integer.toString(id));
      if (named.isObject() && !name.isTextual()) {
        throw new UserError(
            "%s: id2label has no name for class %d: it must name 0 to %d"
                .formatted(file, id, named.size() - 1));
      }
      byId.add(name.asText("LABEL_" + id));
    }
    var ids = new LinkedHashMap<String, Integer>();
    for (int id = 0; id < byId.size(); id++) {
      String name = byId.get(id);
      JsonNode stated = config.path("label2id").path(name);
      boolean twice = ids.put(name, id) != null;
      if (twice || (config.path("label2id").isObject() && stated.asInt(-1) != id)) {
        throw new UserError(
            "%s: id2label and label2id do not agree on class %d, '%s': each name must have one number"
                .formatted(file, id, name));
      }
    }
    return new ClassNames(ids);
  }

  private static boolean classifies(JsonNode config) {
    for (JsonNode architecture : config.path("architectures")) {
      return architecture.asText().endsWith(ARCHITECTURE);
    }
    return config.path("model_type").asText().equals("bert");
  }

  boolean isEmpty() {
    return ids.isEmpty();
  }

  /**
   * The number of a named class.
   *
   * @throws BadRow naming the known ones when it is none of them
   */
  int idOf(String name) throws BadRow {
    Integer id = ids.get(name);
    if (id == null) {
      throw new BadRow(
          "label '%s' is no class of the model, which are %s%s"
              .formatted(
                  name,
                  this,
                  NearestWord.of(name, ids.keySet())
                      .map(nearest -> "; did you mean '%s'?".formatted(nearest))
                      .orElse("; name them in id2label and label2id of its config.json")));
    }
    return id;
  }

  /** The names, ascending by number; of very many the first. */
  @Override
  public String toString() {
    List<String> names = List.copyOf(ids.keySet());
    String listed = names.stream().limit(LISTED).collect(Collectors.joining(", "));
    return names.size() > LISTED
        ? "%s and %d more".formatted(listed, names.size() - LISTED)
        : listed;
  }
}
