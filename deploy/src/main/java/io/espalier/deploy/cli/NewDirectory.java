package io.espalier.deploy.cli;

import io.espalier.worker.model.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/** A directory that appears whole or not at all. */
final class NewDirectory {
  private NewDirectory() {}

  /** Writes files into an empty directory. */
  @FunctionalInterface
  interface Content {
    void writeTo(Path directory) throws IOException;
  }

  /**
   * Into a directory beside it first, flushed to the disk: what has the name asked for is always
   * whole.
   *
   * @param target absolute; there is nothing, or a directory with nothing in it
   */
  static void make(Path target, Content content) throws IOException {
    Files.createDirectories(target.resolveSibling(""));
    Path partial =
        Files.createDirectory(
            target.resolveSibling(".%s-%s".formatted(target.getFileName(), UUID.randomUUID())));
    try {
      content.writeTo(partial);
      for (Path path : deepestFirst(partial)) {
        DurableFiles.flush(path);
      }
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
      DurableFiles.flush(target.resolveSibling(""));
    } finally {
      delete(partial);
    }
  }

  /** Deletes a directory with all that is in it, if it is there. */
  static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      for (Path path : deepestFirst(directory)) {
        Files.delete(path);
      }
    }
  }

  private static List<Path> deepestFirst(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.sorted(Comparator.reverseOrder()).toList();
    }
  }
}
