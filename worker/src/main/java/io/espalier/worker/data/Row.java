package io.espalier.worker.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A row as it was written, whatever its shape. */
sealed interface Row {
  /**
   * To be tokenized with the chat template. The last message is the assistant's.
   *
   * @param tag {@code zh} or {@code en} in self-cognition rows
   * @param keywords the values that {@code replace} put into the row and that its last answer holds
   */
  record Dialogue(List<Message> messages, Optional<String> tag, List<String> keywords)
      implements Row {
    public Dialogue {
      messages = List.copyOf(messages);
      keywords = List.copyOf(keywords);
    }

    Dialogue(List<Message> messages, Optional<String> tag) {
      this(messages, tag, List.of());
    }

    /** With a message before all others. */
    Dialogue after(Message first) {
      var all = new ArrayList<Message>();
      all.add(first);
      all.addAll(messages);
      return new Dialogue(all, tag, keywords);
    }

    Message answer() {
      return messages.get(messages.size() - 1);
    }

    /** All before the last answer. */
    List<Message> question() {
      return messages.subList(0, messages.size() - 1);
    }
  }

  /**
   * A text to be learnt whole.
   *
   * @param tag {@code zh} or {@code en}, for placeholders
   */
  record Text(String text, Optional<String> tag) implements Row {}

  /** A text to be put in a class, by its number from 0. */
  record Labelled(String text, int category) implements Row {}

  /** Used as it is. */
  record Tokenized(TokenRow tokens) implements Row {}
}
