package io.espalier.worker.data;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds which part of a rendered dialogue is an answer of the assistant's. The end of turn may lie
 * inside the part or right behind it.
 */
final class AnswerSpans {
  /** A private-use character: no template trims or escapes it. */
  private static final String MARK = "\uE000";

  private final Rendering rendering;

  /** The chat template. */
  interface Rendering {
    String render(List<Message> messages, boolean forAnswer);
  }

  /** From start (included) to end (excluded), in UTF-16 units of the text. */
  record Span(int start, int end) {}

  AnswerSpans(Rendering rendering) {
    this.rendering = rendering;
  }

  /**
   * @param answer index of an assistant's message
   * @param text all messages rendered
   * @throws UserError when the template renders this dialogue in a way that does not tell
   */
  Span find(List<Message> messages, int answer, String text) {
    return byPrompt(messages, answer, text)
        .or(() -> byMark(messages, answer, text))
        .orElseThrow(
            () ->
                new UserError(
                    "the chat template does not show where answer %d of this dialogue begins; give"
                            .formatted(answer + 1)
                        + " the row as input_ids and labels, or split it into single turns"));
  }

  /** The answer is what a rendering up to it adds to the generation prompt. */
  private Optional<Span> byPrompt(List<Message> messages, int answer, String text) {
    String prompt = rendering.render(messages.subList(0, answer), true);
    if (!text.startsWith(prompt)) {
      return Optional.empty();
    }
    if (answer == messages.size() - 1) {
      return Optional.of(new Span(prompt.length(), text.length()));
    }
    String answered = rendering.render(messages.subList(0, answer + 1), false);
    return text.startsWith(answered) && answered.length() >= prompt.length()
        ? Optional.of(new Span(prompt.length(), answered.length()))
        : Optional.empty();
  }

  /**
   * For templates that render earlier turns by what comes later: where another content would be.
   */
  private Optional<Span> byMark(List<Message> messages, int answer, String text) {
    var marked = new ArrayList<>(messages);
    marked.set(answer, messages.get(answer).with(MARK));
    String other = rendering.render(marked, false);
    int start = other.indexOf(MARK);
    if (start < 0 || !text.startsWith(other.substring(0, start))) {
      return Optional.empty();
    }
    String after = other.substring(start + MARK.length());
    if (!text.endsWith(after)) {
      return Optional.empty();
    }
    int end = text.length() - after.length();
    return end >= start ? Optional.of(new Span(start, end)) : Optional.empty();
  }
}
