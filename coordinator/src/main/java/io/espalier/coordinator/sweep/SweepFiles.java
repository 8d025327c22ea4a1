package io.espalier.coordinator.sweep;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** What other processes see of a sweep: {@code spec.yaml} and {@code sweep.json}. */
final class SweepFiles {
  static final String SPEC = "spec.yaml";
  static final String VIEW = "sweep.json";

  private SweepFiles() {}

  /** Readers see the old or the new text, never a part. */
  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Path whole = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(whole, text);
      Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
