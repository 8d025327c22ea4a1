package io.espalier.common;

/** Something this machine lacks and another may have; mended here or done there. */
public final class AbsentHere extends UserError {
  private static final long serialVersionUID = 1L;

  public AbsentHere(String message) {
    super(message);
  }

  public AbsentHere(String message, Throwable cause) {
    super(message, cause);
  }
}
