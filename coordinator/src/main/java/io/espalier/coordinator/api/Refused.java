package io.espalier.coordinator.api;

import io.espalier.common.UserError;

/** A request that is not granted; its message says what to do. */
public final class Refused extends UserError {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** Why, as far as a program can act on it. */
  public enum Reason {
    /** The request itself is wrong. */
    INVALID,
    /** Whoever asks may not. */
    FORBIDDEN,
    /** There is no such thing. */
    UNKNOWN,
    /** It does not fit what has happened by now. */
    TOO_LATE,
    /** Something it needs is not there yet. */
    INCOMPLETE,
    TOO_LARGE,
    /** The body is of another type than can be read. */
    WRONG_TYPE
  }

  public Refused(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Refused(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
