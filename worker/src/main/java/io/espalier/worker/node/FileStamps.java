package io.espalier.worker.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * How files look without reading them: taken before they are read, it tells afterwards whether what
 * was read is still what is there. Not seen is a change that keeps a file's size within the tick of
 * the file system's clock, some milliseconds, in which it was changed before.
 *
 * @param files by path
 */
record FileStamps(SortedMap<Path, String> files) {
  /** All that a model is read from; a directory's other files may change. */
  private static final List<String> OF_A_MODEL = List.of(".safetensors", ".json", ".jinja");

  static FileStamps of(Collection<Path> files) {
    var stamps = new TreeMap<Path, String>();
    files.forEach(file -> stamps.put(file.toAbsolutePath().normalize(), stamp(file)));
    return new FileStamps(stamps);
  }

  /** Those of a model's or an adapter's directory; of none when it cannot be listed. */
  static FileStamps ofModel(Path directory) {
    try (Stream<Path> listed = Files.list(directory)) {
      return of(
          listed
              .filter(file -> OF_A_MODEL.stream().anyMatch(file.getFileName().toString()::endsWith))
              .toList());
    } catch (IOException e) {
      // Whoever reads the directory says what is wrong with it.
      return of(List.of(directory));
    }
  }

  /** A file that cannot be looked at is like none; whoever reads it says why. */
  private static String stamp(Path file) {
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return "%d bytes, %s, %s".formatted(found.size(), found.lastModifiedTime(), found.fileKey());
    } catch (IOException e) {
      return "none";
    }
  }
}
