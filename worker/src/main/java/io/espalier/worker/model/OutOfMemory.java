package io.espalier.worker.model;

import java.util.List;
import java.util.Locale;

/** How libtorch says that a device's memory did not suffice. */
public final class OutOfMemory {
  /** Of CUDA's allocator, of both of the CPU's, of C++'s, and of cuBLAS for its workspace. */
  private static final List<String> WORDS =
      List.of(
          "out of memory",
          "can't allocate memory",
          "not enough memory",
          "std::bad_alloc",
          "cublas_status_alloc_failed");

  private OutOfMemory() {}

  public static boolean is(Throwable problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (WORDS.stream().anyMatch(message::contains)) {
        return true;
      }
    }
    return false;
  }
}
