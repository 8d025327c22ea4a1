package io.espalier.worker.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.espalier.common.AbsentHere;
import io.espalier.common.UserError;
import java.io.IOException;
import java.util.concurrent.CompletionException;

/** Why model and data could not be read, and whether another worker may do better. */
final class PreparationProblem {
  private PreparationProblem() {}

  static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** What the files say is the same everywhere; whether they can be read is not. */
  static boolean isOnlyHere(Throwable cause) {
    return !(cause instanceof UserError)
        || cause instanceof AbsentHere
        || (cause.getCause() instanceof IOException
            && !(cause.getCause() instanceof JsonProcessingException));
  }
}
