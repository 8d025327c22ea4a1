package io.espalier.coordinator.sweep;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The exact checkpoints that attempts left under {@code branches/<branch>/<attempt>/checkpoints}:
 * those that the sweep's state does not name are of no use to anybody.
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
      Set<Path> named =
          progress.left().map(left -> directory.resolve(left.place())).collect(Collectors.toSet());
      for (Path attempt : list(directory.resolve("branches").resolve(progress.id().toString()))) {
        clear(attempt.resolve("checkpoints"), named);
      }
    }
  }

  private static void clear(Path checkpoints, Set<Path> named) throws IOException {
    boolean empty = true;
    for (Path file : list(checkpoints)) {
      if (named.contains(file)) {
        empty = false;
      } else {
        Files.deleteIfExists(file);
      }
    }
    if (empty) {
      Files.deleteIfExists(checkpoints);
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
}
