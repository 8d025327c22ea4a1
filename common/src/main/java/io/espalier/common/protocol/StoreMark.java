package io.espalier.common.protocol;

import java.nio.file.Path;

/**
 * By what a worker knows that the directory it sees is the coordinator's store.
 *
 * @param directory of the store as the coordinator sees it, absolute
 * @param id what the file {@link #FILE} in it says
 */
public record StoreMark(String directory, String id) {
  private static final String FILE = "store-id";

  /** Where a store at {@code directory} says which one it is. */
  public static Path file(Path directory) {
    return directory.resolve(FILE);
  }
}
