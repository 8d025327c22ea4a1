package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A JSON file whose values are asked for by key; every complaint names the file and the key. */
record ConfigFile(Path file, JsonNode root) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static ConfigFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserError(
          "%s is missing: a model is a HuggingFace directory with config.json and model.safetensors"
              .formatted(file));
    }
    try {
      JsonNode root = JSON.readTree(file.toFile());
      if (!root.isObject()) {
        throw new UserError("%s: expected a JSON object".formatted(file));
      }
      return new ConfigFile(file, root);
    } catch (IOException e) {
      throw new UserError("%s cannot be read as JSON: %s".formatted(file, e.getMessage()), e);
    }
  }

  Optional<JsonNode> find(String key) {
    return Optional.ofNullable(root.get(key)).filter(node -> !node.isNull());
  }

  int positive(String key) {
    JsonNode node =
        find(key).orElseThrow(() -> problem(key, "is missing; expected a whole number above 0"));
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 1) {
      throw problem(key, "is %s; expected a whole number above 0".formatted(node));
    }
    return node.intValue();
  }

  int positive(String key, int otherwise) {
    return find(key).isPresent() ? positive(key) : otherwise;
  }

  double positiveNumber(String key) {
    return positiveNumber(
        key, find(key).orElseThrow(() -> problem(key, "is missing; expected a number above 0")));
  }

  double positiveNumber(String key, double otherwise) {
    return find(key).isPresent() ? positiveNumber(key) : otherwise;
  }

  double positiveNumber(String key, JsonNode node) {
    if (!node.isNumber() || !(node.doubleValue() > 0)) {
      throw problem(key, "is %s; expected a number above 0".formatted(node));
    }
    return node.doubleValue();
  }

  boolean flag(String key, boolean otherwise) {
    Optional<JsonNode> node = find(key);
    if (node.isPresent() && !node.get().isBoolean()) {
      throw problem(key, "is %s; expected true or false".formatted(node.get()));
    }
    return node.map(JsonNode::booleanValue).orElse(otherwise);
  }

  /**
   * Refuses a value of a key that is not computed.
   *
   * @param supported the one that is, also where the key is missing
   */
  private void require(String key, JsonNode supported) {
    find(key)
        .filter(found -> !found.equals(supported))
        .ifPresent(
            found -> {
              throw problem(key, "is %s; supported is %s".formatted(found, supported));
            });
  }

  void requireText(String key, String supported) {
    require(key, JSON.getNodeFactory().textNode(supported));
  }

  void requireFlag(String key, boolean supported) {
    require(key, JSON.getNodeFactory().booleanNode(supported));
  }

  String text(String key, String otherwise) {
    return find(key).map(JsonNode::asText).orElse(otherwise);
  }

  UserError problem(String key, String rest) {
    return new UserError("%s: %s %s".formatted(file, key, rest));
  }
}
