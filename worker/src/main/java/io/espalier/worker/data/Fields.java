package io.espalier.worker.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Reads the keys of one JSON object; an absent key and null are the same. */
record Fields(JsonNode object, String where) {

  static Fields of(JsonNode node, String where) throws BadRow {
    if (!node.isObject()) {
      throw new BadRow("%s: expected an object, found %s".formatted(where, kind(node)));
    }
    return new Fields(node, where);
  }

  boolean has(String key) {
    return object.hasNonNull(key);
  }

  String text(String key) throws BadRow {
    return optionalText(key)
        .orElseThrow(() -> new BadRow("%s: key '%s' is missing".formatted(where, key)));
  }

  Optional<String> optionalText(String key) throws BadRow {
    JsonNode value = object.path(key);
    if (value.isNull() || value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new BadRow("%s: '%s' must be text, found %s".formatted(where, key, kind(value)));
    }
    return Optional.of(value.textValue());
  }

  /** A finite number. */
  double number(String key) throws BadRow {
    JsonNode value = object.path(key);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
      throw new BadRow(
          "%s: '%s' must be a number, for dataset.order_by names it; found %s"
              .formatted(where, key, kind(value)));
    }
    return value.doubleValue();
  }

  JsonNode list(String key) throws BadRow {
    JsonNode value = object.path(key);
    if (!value.isArray() || value.isEmpty()) {
      throw new BadRow(
          "%s: '%s' must be a list that is not empty, found %s".formatted(where, key, kind(value)));
    }
    return value;
  }

  /** A list of whole numbers that fit 32 bits. */
  int[] integers(String key) throws BadRow {
    JsonNode list = list(key);
    int[] values = new int[list.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = list.get(i);
      if (!value.isInt()) {
        throw new BadRow(
            "%s: '%s[%d]' must be a whole number, found %s".formatted(where, key, i, kind(value)));
      }
      values[i] = value.intValue();
    }
    return values;
  }

  /** What a value is, in JSON's words. */
  static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> node.isEmpty() ? "an empty list" : "a list";
      case OBJECT -> "an object";
      case STRING -> "text";
      case NUMBER -> "the number " + node.asText();
      case BOOLEAN -> node.asText();
      case NULL -> "null";
      case MISSING -> "nothing";
      case BINARY, POJO -> node.getNodeType().name();
    };
  }
}
