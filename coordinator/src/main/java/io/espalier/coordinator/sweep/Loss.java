package io.espalier.coordinator.sweep;

import com.fasterxml.jackson.annotation.JsonCreator;

/** Why an attempt came to nothing. */
public record Loss(Kind kind, String reason) {

  /** Whose fault it was: what counts against the branch. */
  public enum Kind {
    /** The worker could not train it. */
    FAILED,
    /** The worker vanished with it, perhaps because of it. */
    GONE,
    /** The worker gave it back for reasons of its own. */
    RETURNED
  }

  @JsonCreator(mode = JsonCreator.Mode.PROPERTIES)
  public Loss {}

  /** Earlier versions kept the reason alone. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  static Loss earlier(String reason) {
    return gone(reason);
  }

  static Loss failed(String reason) {
    return new Loss(Kind.FAILED, reason);
  }

  public static Loss gone(String reason) {
    return new Loss(Kind.GONE, reason);
  }

  public static Loss returned(String reason) {
    return new Loss(Kind.RETURNED, reason);
  }
}
