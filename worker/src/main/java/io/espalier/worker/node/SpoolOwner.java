package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.protocol.StoreMark;
import io.espalier.worker.model.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Whose rows and results a spool keeps: two stores count their sweeps and leases alike, so that
 * what belongs to one would be taken for the other's.
 *
 * @param spool the spool's directory
 */
record SpoolOwner(Path spool) {

  /**
   * Gives the spool to a store.
   *
   * @param empty whether nothing unacknowledged is in it
   * @throws UserError when it keeps something of another store
   */
  void claim(StoreMark store, boolean empty) {
    Path file = spool.resolve("store-id");
    try {
      String owner = Files.exists(file) ? Files.readString(file).strip() : store.id();
      if (!owner.equals(store.id()) && !empty) {
        throw new UserError(
            "The spool directory %s keeps measurements or results of another store (id %s) that were not delivered; this coordinator's store has the id %s. Start the coordinator on that store, or give this worker another directory with --spool."
                .formatted(spool.toAbsolutePath().normalize(), owner, store.id()));
      }
      DurableFiles.write(file, store.id() + "\n");
    } catch (IOException e) {
      throw new UserError(
          "The spool directory %s cannot be used: %s. It must be a directory this user may write to; choose another with --spool."
              .formatted(spool.toAbsolutePath().normalize(), e),
          e);
    }
  }
}
