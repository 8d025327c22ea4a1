package io.espalier.coordinator.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The exact checkpoints that attempts left under {@code branches/<branch>/<attempt>/checkpoints}:
 * once a sweep has ended, only what may be tried again goes on from one.
 */
final class Leftovers {
  private Leftovers() {}

  /**
   * Deletes those that nobody needs any more.
   *
   * @param directory the sweep's
   * @param sweep one that has ended
   */
  static void clear(Path directory, Sweep sweep) throws IOException {
    for (BranchProgress progress : sweep.branches().stream().toList()) {
      if (progress.results().stream().noneMatch(result -> result.outcome().mayBeRetried())) {
        for (Path attempt : list(directory.resolve("branches").resolve(progress.id().toString()))) {
          delete(attempt.resolve("checkpoints"));
        }
      }
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> places = Files.list(directory)) {
      return places.toList();
    }
  }

  private static void delete(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return;
    }
    try (Stream<Path> files = Files.walk(checkpoints)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
