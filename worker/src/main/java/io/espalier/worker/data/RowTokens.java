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
  private final ClassNames classes;
  private final Optional<Message> system;
  private final Placeholders placeholders;
  private final Optional<String> rankField;

  /**
   * @param spec what it says about the rows' texts and their order
   */
  RowTokens(
      String model,
      Optional<ChatTokenizer> tokenizer,
      ModelFingerprint fingerprint,
      DatasetSpec spec) {
    this.model = model;
    this.tokenizer = tokenizer;
    vocabularySize = fingerprint.vocabularySize();
    classes = fingerprint.classes();
    system = spec.system().map(Message::system);
    placeholders = new Placeholders(spec.replace());
    rankField = spec.curriculum().flatMap(Curriculum::field);
  }

  /**
   * A row's tokens, whatever their number.
   *
   * @param ends what no truncation takes away
   * @param dialogue what they were made of, its placeholders replaced; absent when the row was none
   * @param rank the number by which the spec orders rows; absent when it names no field
   */
  record Prepared(
      TokenRow tokens, Truncation.Ends ends, Optional<Row.Dialogue> dialogue, OptionalDouble rank) {
    Prepared cutTo(TokenRow cut) {
      return new Prepared(cut, ends, dialogue, rank);
    }
  }

  Prepared prepare(JsonNode json) throws BadRow {
    Row row = RowFormat.read(json, classes);
    OptionalDouble rank =
        rankField.isPresent()
            ? OptionalDouble.of(Fields.of(json, "row").number(rankField.get()))
            : OptionalDouble.empty();
    Prepared prepared = tokens(row, rank);
    check(prepared.tokens(), row instanceof Row.Tokenized);
    return prepared;
  }

  private Prepared tokens(Row row, OptionalDouble rank) throws BadRow {
    if (row instanceof Row.Dialogue written) {
      Row.Dialogue dialogue = placeholders.replaceIn(withSystem(written));
      return new Prepared(
          encode(dialogue.messages()), Truncation.Ends.NONE, Optional.of(dialogue), rank);
    }
    if (row instanceof Row.Text text) {
      TextFrame.Framed whole = tokenizer().learnt(placeholders.replaceIn(text));
      // Cut short, it has no end to be learnt.
      var ends = new Truncation.Ends(whole.before(), 0);
      return new Prepared(
          new TokenRow(whole.ids(), whole.ids().clone()), ends, Optional.empty(), rank);
    }
    if (row instanceof Row.Labelled labelled) {
      TextFrame.Framed whole = tokenizer().framed(labelled.text());
      var ends = new Truncation.Ends(whole.before(), whole.after());
      return new Prepared(
          TokenRow.classified(whole.ids(), labelled.category()), ends, Optional.empty(), rank);
    }
    return new Prepared(
        ((Row.Tokenized) row).tokens(), Truncation.Ends.NONE, Optional.empty(), rank);
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

  private ChatTokenizer tokenizer() {
    return tokenizer.orElseThrow(
        () ->
            new UserError(
                "%s has no tokenizer.json, which rows of text need: copy it from the model's source, or give rows as input_ids and labels"
                    .formatted(model)));
  }

  private ChatTokenizer needed() {
    ChatTokenizer chat = tokenizer();
    if (!chat.hasChatTemplate()) {
      throw new UserError(
          "%s has no chat template (chat_template in tokenizer_config.json, or chat_template.jinja), which dialogues need: copy it from the model's source, or give rows of plain text, or input_ids and labels"
              .formatted(model));
    }
    return chat;
  }

  private void check(TokenRow row, boolean cameTokenized) throws BadRow {
    if (row.targets() == 0) {
      throw new BadRow(
          cameTokenized
              ? "no token counts in the loss: every label from the second on is %d; label the answer's tokens with their ids"
                  .formatted(TokenRow.IGNORED)
              : "the text has %d token: none is left to be predicted from those before it"
                  .formatted(row.length()));
    }
    for (int i = 0; i < row.length(); i++) {
      checkId("input_ids", i, row.inputIds()[i], cameTokenized);
      if (row.labels()[i] != TokenRow.IGNORED) {
        checkId("labels", i, row.labels()[i], cameTokenized);
      }
    }
  }

  private void checkId(String key, int place, int id, boolean cameTokenized) throws BadRow {
    if (id >= 0 && (vocabularySize.isEmpty() || id < vocabularySize.getAsInt())) {
      return;
    }
    String range =
        vocabularySize.isPresent()
            ? "the model's vocabulary of %d tokens".formatted(vocabularySize.getAsInt())
            : "any vocabulary";
    if (!cameTokenized) {
      throw new UserError(
          "%s: tokenizer.json gives token %d, outside %s; tokenizer and config.json do not belong"
                  .formatted(model, id, range)
              + " together: copy both from the model's source");
    }
    throw new BadRow("%s[%d] is %d, outside %s".formatted(key, place, id, range));
  }
}
