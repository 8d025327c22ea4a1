package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.client.CoordinatorClient.AdapterFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A trial's adapter at a coordinator.
 *
 * @param files as the coordinator names them
 */
record FetchedAdapter(CoordinatorClient client, String sweep, int trial, List<AdapterFile> files) {

  /**
   * @throws UserError with the coordinator's words when there is none
   */
  static FetchedAdapter of(CoordinatorClient client, String sweep, int trial) {
    return new FetchedAdapter(client, sweep, trial, client.adapter(sweep, trial));
  }

  /**
   * Copies its files.
   *
   * @throws UserError when one comes incomplete, or would be written elsewhere
   */
  void writeTo(Path directory) throws IOException {
    for (AdapterFile file : files) {
      fetch(file, directory);
    }
  }

  private void fetch(AdapterFile file, Path directory) throws IOException {
    Path path = directory.resolve(file.name()).normalize();
    if (!directory.equals(path.getParent())) {
      throw new UserError(
          "%s offers a file named '%s', which is not written; see whether the address is right."
              .formatted(client.url(), file.name()));
    }
    try (OutputStream out = Files.newOutputStream(path)) {
      client.adapterFile(sweep, trial, file.name(), out);
    }
    if (Files.size(path) != file.bytes()) {
      throw new UserError(
          "%s came with %d of its %d bytes; nothing is kept, try again."
              .formatted(file.name(), Files.size(path), file.bytes()));
    }
  }
}
