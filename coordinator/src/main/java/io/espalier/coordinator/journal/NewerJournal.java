package io.espalier.coordinator.journal;

import io.espalier.common.UserError;

/** A newer version of Espalier has used a journal since this program has opened it. */
public final class NewerJournal extends UserError {
  private static final long serialVersionUID = 1L;

  NewerJournal(String message, Throwable cause) {
    super(message, cause);
  }
}
