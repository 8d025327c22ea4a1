package io.espalier.worker.model;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that appear whole or not at all: a temporary name, flushed to the disk, then renamed. */
public final class DurableFiles {
  private DurableFiles() {}

  /** Writes a file under the name it is given. */
  @FunctionalInterface
  public interface Content {
    void writeTo(Path file) throws IOException;
  }

  public static void write(Path file, Content content) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    content.writeTo(temporary);
    flush(temporary);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    flush(file.resolveSibling("."));
  }

  public static void write(Path file, String text) throws IOException {
    write(file, temporary -> Files.writeString(temporary, text, StandardCharsets.UTF_8));
  }

  /** Flushes a file's bytes, or a directory's names, to the disk. */
  public static void flush(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
