package io.espalier.worker.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the JSON files beside {@code tokenizer.json} say, as HuggingFace writes them. */
record TokenizerFiles(Path directory) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final List<String> MODEL_CONFIGS =
      List.of("config.json", "generation_config.json");
  private static final String TOKENIZER = "tokenizer.json";

  /** Real ones have three levels. */
  private static final int DEEPEST = 16;

  private static final List<String> SPECIAL_TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  Path tokenizer() {
    return directory.resolve(TOKENIZER);
  }

  /**
   * The library that reads tokenizer.json ends the whole process where it cannot read a part of it:
   * it is given none that is no JSON, or whose decoder goes deeper or has other numbers or letters
   * than it takes.
   *
   * @throws UserError when the file is such
   */
  void check() {
    if (!isReadable(json(TOKENIZER).path("decoder"), DEEPEST)) {
      throw new UserError(
          "%s has a decoder that cannot be read; copy it again from the model's source"
              .formatted(tokenizer()));
    }
  }

  private static boolean isReadable(JsonNode node, int deepest) {
    if (node.isContainerNode()) {
      boolean names = node.properties().stream().allMatch(each -> isText(each.getKey()));
      return names
          && deepest > 0
          && node.valueStream().allMatch(each -> isReadable(each, deepest - 1));
    }
    return node.isTextual()
        ? isText(node.textValue())
        : !node.isNumber() || Double.isFinite(node.doubleValue());
  }

  /** Half a pair of surrogates is no character. */
  private static boolean isText(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /**
   * {@code chat_template.jinja} if there, else {@code chat_template} of tokenizer_config.json; of
   * several named templates the default one.
   */
  Optional<ChatTemplate> chatTemplate() {
    Path file = directory.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return Optional.of(new ChatTemplate(file.toString(), text(file), specialTokens()));
    }
    JsonNode template = json(TOKENIZER_CONFIG).path("chat_template");
    if (template.isArray()) {
      for (JsonNode named : template) {
        if (named.path("name").asText().equals("default")) {
          template = named.path("template");
        }
      }
    }
    return template.isTextual()
        ? Optional.of(
            new ChatTemplate(
                directory.resolve(TOKENIZER_CONFIG).toString(),
                template.textValue(),
                specialTokens()))
        : Optional.empty();
  }

  /** Whether it asks for bos_token or eos_token around a text; absent where it does not say. */
  Optional<Boolean> flag(String name) {
    return Optional.of(json(TOKENIZER_CONFIG).path(name))
        .filter(JsonNode::isBoolean)
        .map(JsonNode::booleanValue);
  }

  /**
   * bos_token, eos_token and the others by name: of tokenizer_config.json, else of
   * special_tokens_map.json, else the token whose id the model's configuration gives. Null is an
   * answer: such a tokenizer has none.
   */
  Map<String, String> specialTokens() {
    var tokens = new HashMap<String, String>();
    for (String name : SPECIAL_TOKENS) {
      JsonNode token = specialToken(name);
      String content = token.isObject() ? token.path("content").asText() : token.asText("");
      if (!token.isNull() && !content.isEmpty()) {
        tokens.put(name, content);
      }
    }
    return tokens;
  }

  private JsonNode specialToken(String name) {
    for (String file : List.of(TOKENIZER_CONFIG, "special_tokens_map.json")) {
      JsonNode token = json(file).path(name);
      if (!token.isMissingNode()) {
        return token;
      }
    }
    for (String file : MODEL_CONFIGS) {
      JsonNode id = json(file).path(name + "_id");
      JsonNode one = id.isArray() ? id.path(0) : id;
      if (one.isInt()) {
        return tokenOf(one.intValue());
      }
    }
    return MissingNode.getInstance();
  }

  private JsonNode tokenOf(int id) {
    JsonNode tokenizer = json("tokenizer.json");
    for (JsonNode token : tokenizer.path("added_tokens")) {
      if (token.path("id").asInt(-1) == id) {
        return token;
      }
    }
    for (var word : tokenizer.path("model").path("vocab").properties()) {
      if (word.getValue().isInt() && word.getValue().intValue() == id) {
        return TextNode.valueOf(word.getKey());
      }
    }
    return MissingNode.getInstance();
  }

  /** {@code eos_token_id} of config.json and generation_config.json: a number or a list. */
  Set<Integer> eosTokenIds() {
    var ids = new HashSet<Integer>();
    for (String file : MODEL_CONFIGS) {
      JsonNode eos = json(file).path("eos_token_id");
      if (eos.isInt()) {
        ids.add(eos.intValue());
      }
      eos.forEach(id -> ids.add(id.intValue()));
    }
    return ids;
  }

  /** Ids of tokens that are no text, such as {@code <|im_end|>}. */
  Set<Integer> specialTokenIds() {
    var ids = new HashSet<Integer>();
    for (JsonNode token : json("tokenizer.json").path("added_tokens")) {
      if (token.path("special").asBoolean()) {
        ids.add(token.path("id").intValue());
      }
    }
    return ids;
  }

  private JsonNode json(String name) {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      return MissingNode.getInstance();
    }
    try {
      return JSON.readTree(text(file));
    } catch (JsonProcessingException e) {
      throw new UserError(
          "%s is not valid JSON: %s; copy it again from the model's source"
              .formatted(file, e.getOriginalMessage()),
          e);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UserError("%s cannot be read: %s".formatted(file, e), e);
    }
  }
}
