package io.espalier.worker.train;

import java.util.Locale;

/** How libtorch says that a device's memory did not suffice. */
final class OutOfMemory {
  private OutOfMemory() {}

  static boolean is(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (message.contains("out of memory") || message.contains("can't allocate memory")) {
        return true;
      }
    }
    return false;
  }
}
