package io.espalier.common;

/**
 * Something the user can mend. The message names the file, line or key, what was expected and what
 * to do; it is shown without a stack trace.
 */
public class UserError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
