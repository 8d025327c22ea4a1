package io.espalier.worker.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Tells a row's shape from its keys and reads it: ms-swift's formats and tokenized rows. */
final class RowFormat {
  private static final String SHAPES =
      "known rows have messages | query, response (system, history, tag) | instruction, output"
          + " (system, input) | conversations | conversation | text | text, label"
          + " | input_ids, labels | input_ids, label";

  private RowFormat() {}

  /**
   * @param classes of the model
   * @throws UserError when the model is of another kind than the row
   */
  static Row read(JsonNode json, ClassNames classes) throws BadRow {
    Fields row = Fields.of(json, "row");
    if (row.has("input_ids")) {
      return tokenized(row, classes);
    }
    Optional<Row.Dialogue> dialogue = dialogue(row);
    if (dialogue.isPresent()) {
      if (!classes.isEmpty()) {
        throw new UserError(
            "the row is a dialogue, but the model puts rows in classes (%s): give rows of text and"
                    .formatted(classes)
                + " label, or a model that predicts tokens");
      }
      return dialogue.get();
    }
    if (row.has("text")) {
      return text(row, classes);
    }
    throw unknown(json);
  }

  private static Row text(Fields row, ClassNames classes) throws BadRow {
    String text = row.text("text");
    if (text.isBlank()) {
      throw new BadRow("'text' is empty");
    }
    if (row.has("label") && classes.isEmpty()) {
      throw new UserError(
          "the row has text and label, but the model predicts tokens and has no classes: give a"
              + " model for sequence classification, or leave label out to learn the text itself");
    }
    return classes.isEmpty()
        ? new Row.Text(text, row.optionalText("tag"))
        : new Row.Labelled(text, category(row, classes));
  }

  private static Optional<Row.Dialogue> dialogue(Fields row) throws BadRow {
    List<Message> messages = new ArrayList<>();
    row.optionalText("system").map(Message::system).ifPresent(messages::add);
    if (row.has("messages")) {
      messages.addAll(messages(row.list("messages")));
    } else if (row.has("query") || row.has("response")) {
      messages.addAll(history(row));
      messages.add(Message.user(row.text("query")));
      messages.add(Message.assistant(row.text("response")));
    } else if (row.has("instruction")) {
      String input = row.optionalText("input").orElse("");
      messages.addAll(history(row));
      messages.add(Message.user(row.text("instruction") + (input.isEmpty() ? "" : "\n" + input)));
      messages.add(Message.assistant(row.text("output")));
    } else if (row.has("conversations")) {
      messages.addAll(sharegpt(row.list("conversations")));
    } else if (row.has("conversation")) {
      messages.addAll(pairs(row.list("conversation")));
    } else {
      return Optional.empty();
    }
    return Optional.of(dialogue(messages, row.optionalText("tag")));
  }

  private static Row.Dialogue dialogue(List<Message> messages, Optional<String> tag) throws BadRow {
    for (Message message : messages) {
      if (message.role() == Message.Role.ASSISTANT && message.content().isBlank()) {
        throw new BadRow("an answer of the assistant's is empty");
      }
    }
    if (messages.get(messages.size() - 1).role() != Message.Role.ASSISTANT) {
      throw new BadRow("the last message must be the assistant's: it is what is learnt");
    }
    if (messages.stream().noneMatch(Message::target)) {
      throw new BadRow("every answer has loss false: nothing is left to learn");
    }
    return new Row.Dialogue(messages, tag);
  }

  private static List<Message> messages(JsonNode list) throws BadRow {
    var messages = new ArrayList<Message>();
    for (JsonNode node : list) {
      Fields message = Fields.of(node, "messages[%d]".formatted(messages.size()));
      Message.Role role = role(message);
      messages.add(new Message(role, message.text("content"), target(message, role)));
    }
    return messages;
  }

  private static Message.Role role(Fields message) throws BadRow {
    String word = message.text("role");
    for (Message.Role role : Message.Role.values()) {
      if (role.word().equals(word)) {
        return role;
      }
    }
    throw new BadRow(
        "%s: role '%s' is not system, user or assistant".formatted(message.where(), word));
  }

  private static boolean target(Fields message, Message.Role role) throws BadRow {
    boolean assistant = role == Message.Role.ASSISTANT;
    if (!message.has("loss")) {
      return assistant;
    }
    JsonNode loss = message.object().path("loss");
    boolean known =
        loss.isBoolean() || (loss.isNumber() && (loss.asDouble() == 0 || loss.asDouble() == 1));
    if (!known) {
      throw new BadRow(
          "%s: 'loss' must be true or false, found %s"
              .formatted(message.where(), Fields.kind(loss)));
    }
    if (loss.asBoolean() && !assistant) {
      throw new BadRow(
          "%s: 'loss' is true on a message of the %s's; only answers of the assistant's are learnt"
              .formatted(message.where(), role.word()));
    }
    return loss.asBoolean();
  }

  private static List<Message> history(Fields row) throws BadRow {
    var messages = new ArrayList<Message>();
    JsonNode history = row.object().path("history");
    if (row.has("history") && !history.isArray()) {
      throw new BadRow("'history' must be a list, found " + Fields.kind(history));
    }
    for (JsonNode turn : history) {
      if (!turn.isArray()
          || turn.size() != 2
          || !turn.get(0).isTextual()
          || !turn.get(1).isTextual()) {
        throw new BadRow(
            "history[%d] must be a pair [query, response] of texts".formatted(messages.size() / 2));
      }
      messages.add(Message.user(turn.get(0).textValue()));
      messages.add(Message.assistant(turn.get(1).textValue()));
    }
    return messages;
  }

  private static List<Message> sharegpt(JsonNode list) throws BadRow {
    var messages = new ArrayList<Message>();
    for (JsonNode node : list) {
      Fields turn = Fields.of(node, "conversations[%d]".formatted(messages.size()));
      String from = turn.text("from");
      String value = turn.text("value");
      messages.add(
          switch (from) {
            case "human", "user" -> Message.user(value);
            case "gpt", "assistant" -> Message.assistant(value);
            case "system" -> Message.system(value);
            default ->
                throw new BadRow(
                    "%s: from '%s' is not human, gpt or system".formatted(turn.where(), from));
          });
    }
    return messages;
  }

  private static List<Message> pairs(JsonNode list) throws BadRow {
    var messages = new ArrayList<Message>();
    for (JsonNode node : list) {
      Fields pair = Fields.of(node, "conversation[%d]".formatted(messages.size() / 2));
      messages.add(Message.user(pair.text("human")));
      messages.add(Message.assistant(pair.text("assistant")));
    }
    return messages;
  }

  private static Row tokenized(Fields row, ClassNames classes) throws BadRow {
    int[] inputIds = row.integers("input_ids");
    if (row.has("label")) {
      return new Row.Tokenized(TokenRow.classified(inputIds, category(row, classes)));
    }
    int[] labels = row.integers("labels");
    if (inputIds.length != labels.length) {
      throw new BadRow(
          "%d input_ids but %d labels: give one label for each token, %d where no loss is taken"
              .formatted(inputIds.length, labels.length, TokenRow.IGNORED));
    }
    return new Row.Tokenized(new TokenRow(inputIds, labels));
  }

  private static int category(Fields row, ClassNames classes) throws BadRow {
    JsonNode label = row.object().path("label");
    if (label.isTextual() && !classes.isEmpty()) {
      return classes.idOf(label.textValue());
    }
    if (!label.isInt() || label.intValue() < 0) {
      throw new BadRow(
          "'label' must be %sthe number of a class, from 0; found %s"
              .formatted(
                  classes.isEmpty() ? "" : "one of %s, or ".formatted(classes),
                  Fields.kind(label)));
    }
    if (!classes.isEmpty() && label.intValue() >= classes.ids().size()) {
      throw new BadRow(
          "'label' is %d, but the model has classes 0 to %d (%s): see id2label in its config.json"
              .formatted(label.intValue(), classes.ids().size() - 1, classes));
    }
    return label.intValue();
  }

  private static BadRow unknown(JsonNode row) {
    var keys = new TreeSet<String>();
    row.fieldNames().forEachRemaining(keys::add);
    return new BadRow("keys %s are no known row; %s".formatted(keys, SHAPES));
  }
}
