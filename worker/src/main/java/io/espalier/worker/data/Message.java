package io.espalier.worker.data;

import java.util.Locale;

/**
 * One turn of a dialogue.
 *
 * @param target whether its tokens count in the loss; only the assistant's may
 */
public record Message(Role role, String content, boolean target) {
  public Message {
    if (target && role != Role.ASSISTANT) {
      throw new IllegalArgumentException("only the assistant's tokens are targets");
    }
  }

  /** Who speaks. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT;

    /** As chat templates write it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public static Message system(String content) {
    return new Message(Role.SYSTEM, content, false);
  }

  public static Message user(String content) {
    return new Message(Role.USER, content, false);
  }

  /** An answer to be learnt. */
  public static Message assistant(String content) {
    return new Message(Role.ASSISTANT, content, true);
  }

  Message with(String otherContent) {
    return new Message(role, otherContent, target);
  }
}
