package io.espalier.worker.train;

import io.espalier.worker.model.OutOfMemory;

/** What a user is told of a training that broke. */
final class Failure {
  private Failure() {}

  static String sentence(Throwable cause, long update) {
    String message = String.valueOf(cause.getMessage()).strip();
    if (OutOfMemory.is(cause)) {
      return "out of memory at update %d with one row in a pass: lower max_length, set gradient_checkpointing: true or torch_dtype: bfloat16, or give this worker fewer lanes or more memory (%s)"
          .formatted(update, firstLine(message));
    }
    return "the engine failed at update %d: %s: %s"
        .formatted(update, cause.getClass().getSimpleName(), lastLine(message));
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  /** libtorch's own error stands below the script's trace. */
  private static String lastLine(String text) {
    return text.lines().filter(line -> !line.isBlank()).reduce("", (a, b) -> b).strip();
  }
}
