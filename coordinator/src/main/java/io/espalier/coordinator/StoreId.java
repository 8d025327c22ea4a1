package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.protocol.StoreMark;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** What a store is called for as long as it exists, wherever it is mounted. */
final class StoreId {
  private StoreId() {}

  /**
   * Made when the store has none. Only whoever holds the store's journal may call this.
   *
   * @param store directory, absolute
   * @throws UserError when it cannot be read or written
   */
  static StoreMark of(Path store) {
    Path file = StoreMark.file(store);
    try {
      if (!Files.exists(file)) {
        write(file, UUID.randomUUID().toString());
      }
      return new StoreMark(store.toString(), Files.readString(file).strip());
    } catch (IOException e) {
      throw new UserError(
          "The store's id %s cannot be read or written: %s. The store must be writable for this user; choose another with --store."
              .formatted(file, e.getMessage()),
          e);
    }
  }

  private static void write(Path file, String id) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, id + "\n");
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
