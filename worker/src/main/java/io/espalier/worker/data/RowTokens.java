package io.espalier.worker.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.UserError;
import io.espalier.common.spec.Curriculum;
import io.espalier.common.spec.DatasetSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Turns rows into checked tokens, and dialogues into questions. */
final class RowTokens {
  private final String model;
  private final Optional<ChatTokenizer> tokenizer;
  private final OptionalInt vocabularySize;
  private final Optional<Message> system;
  private final Placeholders placeholders;
  private final Optional<String> rankField;

  /**
   * @param vocabularySize of the model, when known
   * @param spec what it says about the rows' texts and their order
   */
  RowTokens(
      String model,
      Optional<ChatTokenizer> tokenizer,
      OptionalInt vocabularySize,
      DatasetSpec spec) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.vocabularySize = vocabularySize;
    system = spec.system().map(Message::system);
    placeholders = new Placeholders(spec.replace());
    rankField = spec.curriculum().flatMap(Curriculum::field);
  }

  /**
   * A row's tokens, whatever their number.
   *
   * @param dialogue what they were made of, its placeholders replaced; absent when the row came
   *     tokenized
   * @param rank the number by which the spec orders rows; absent when it names no field
   */
  record Prepared(TokenRow tokens, Optional<Row.Dialogue> dialogue, OptionalDouble rank) {
    Prepared cutTo(TokenRow cut) {
      return new Prepared(cut, dialogue, rank);
    }
  }

  Prepared prepare(JsonNode json) throws BadRow {
    Row row = RowFormat.read(json);
    OptionalDouble rank =
        rankField.isPresent()
            ? OptionalDouble.of(Fields.of(json, "row").number(rankField.get()))
            : OptionalDouble.empty();
    Prepared prepared;
    if (row instanceof Row.Dialogue written) {
      Row.Dialogue dialogue = placeholders.replaceIn(withSystem(written));
      prepared = new Prepared(encode(dialogue.messages()), Optional.of(dialogue), rank);
    } else {
      prepared = new Prepared(((Row.Tokenized) row).tokens(), Optional.empty(), rank);
    }
    check(prepared);
    return prepared;
  }

  private Row.Dialogue withSystem(Row.Dialogue row) {
    return row.messages().get(0).role() == Message.Role.SYSTEM
        ? row
        : system.map(row::after).orElse(row);
  }

  Question question(Row.Dialogue dialogue, Truncation truncation) {
    return new Question(
        truncation.applyToPrompt(needed().prompt(dialogue.question())),
        dialogue.answer().content(),
        dialogue.keywords());
  }

  private TokenRow encode(List<Message> messages) throws BadRow {
    ChatTokenizer chat = needed();
    try {
      return chat.encode(messages);
    } catch (UserError e) {
      throw new BadRow(String.valueOf(e.getMessage()));
    }
  }

  private ChatTokenizer needed() {
    String advice =
        "%s has no %s, which rows of text need: copy it from the model's source, or give rows as"
            + " input_ids and labels";
    ChatTokenizer chat =
        tokenizer.orElseThrow(() -> new UserError(advice.formatted(model, "tokenizer.json")));
    if (!chat.hasChatTemplate()) {
      throw new UserError(
          advice.formatted(
              model,
              "chat template (chat_template in tokenizer_config.json, or chat_template.jinja)"));
    }
    return chat;
  }

  private void check(Prepared prepared) throws BadRow {
    TokenRow row = prepared.tokens();
    if (row.targets() == 0) {
      throw new BadRow(
          "no token counts in the loss: every label from the second on is %d; label the answer's"
                  .formatted(TokenRow.IGNORED)
              + " tokens with their ids");
    }
    for (int i = 0; i < row.length(); i++) {
      checkId("input_ids", i, row.inputIds()[i], prepared);
      if (row.labels()[i] != TokenRow.IGNORED) {
        checkId("labels", i, row.labels()[i], prepared);
      }
    }
  }

  private void checkId(String key, int place, int id, Prepared prepared) throws BadRow {
    if (id >= 0 && (vocabularySize.isEmpty() || id < vocabularySize.getAsInt())) {
      return;
    }
    String range =
        vocabularySize.isPresent()
            ? "the model's vocabulary of %d tokens".formatted(vocabularySize.getAsInt())
            : "any vocabulary";
    if (prepared.dialogue().isPresent()) {
      throw new UserError(
          "%s: tokenizer.json gives token %d, outside %s; tokenizer and config.json do not belong"
                  .formatted(model, id, range)
              + " together: copy both from the model's source");
    }
    throw new BadRow("%s[%d] is %d, outside %s".formatted(key, place, id, range));
  }
}
