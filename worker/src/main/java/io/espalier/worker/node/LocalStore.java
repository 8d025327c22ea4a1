package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.StoreMark;
import io.espalier.common.spec.TaskSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The coordinator's store on this machine.
 *
 * @param theirs its directory as the coordinator sees it
 * @param here its directory as this process sees it
 */
record LocalStore(Path theirs, Path here) {

  /**
   * Looks whether the store is here.
   *
   * @param elsewhere where it is on this machine, when not at the coordinator's path
   * @throws UserError when it is not, or cannot be written to
   */
  static LocalStore of(StoreMark mark, Optional<Path> elsewhere) {
    Path theirs = Path.of(mark.directory());
    Path here = elsewhere.orElse(theirs).toAbsolutePath().normalize();
    Path file = StoreMark.file(here);
    String problem;
    try {
      String id = Files.readString(file).strip();
      if (!id.equals(mark.id())) {
        problem = "%s is another store's: it has the id %s".formatted(file, id);
      } else if (!Files.isWritable(here)) {
        problem = "this user may not write to it";
      } else {
        return new LocalStore(theirs, here);
      }
    } catch (NoSuchFileException e) {
      problem = "there is no " + file;
    } catch (IOException e) {
      problem = "%s cannot be read (%s)".formatted(file, e.getMessage());
    }
    throw new UserError(
        "the coordinator's store %s (id %s) is not seen by this worker: %s. Workers write adapters into the store: mount it here at the same path, or say where it is mounted with --store DIR"
            .formatted(theirs, mark.id(), problem));
  }

  /** The same lease, its paths as this machine has them. */
  Lease local(Lease lease) {
    return new Lease(
        lease.sweep(),
        lease.attempt(),
        lease.branch(),
        local(lease.settings()),
        lease.dataset(),
        local(lease.sweepDirectory()),
        lease.start(),
        lease.forks(),
        lease.rest());
  }

  /** The same settings; what they name inside the store is found here. */
  TaskSettings local(TaskSettings settings) {
    return settings.at(local(settings.model()), settings.dataset().moved(this::local));
  }

  private String local(String path) {
    Path absolute = Path.of(path);
    return absolute.startsWith(theirs)
        ? here.resolve(theirs.relativize(absolute)).toString()
        : path;
  }
}
