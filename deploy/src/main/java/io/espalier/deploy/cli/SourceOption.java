package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.deploy.client.CoordinatorClient;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/**
 * Where sweeps are read: {@code --store} means files; else {@code --url} or {@code ESPALIER_URL} a
 * coordinator; else the store a run here writes to.
 */
final class SourceOption {
  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "Read the files of this store (default: espalier-data, unless there is a URL).")
  private Optional<Path> store = Optional.empty();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Ask the coordinator there (default: ESPALIER_URL, when it is set).")
  private Optional<String> url = Optional.empty();

  /**
   * @throws UserError when both are given
   */
  Sweeps sweeps() {
    return coordinator()
        .<Sweeps>map(RemoteSweeps::new)
        .orElseGet(() -> new StoredSweeps(directory()));
  }

  /** The coordinator to ask; empty when the files of {@link #directory} are meant. */
  Optional<CoordinatorClient> coordinator() {
    if (store.isPresent() && url.isPresent()) {
      throw new UserError("--store reads files and --url asks a coordinator: give one of them.");
    }
    return store.isPresent()
        ? Optional.empty()
        : url.or(UrlOption::fromEnvironment).map(CoordinatorClient::at);
  }

  Path directory() {
    return store.orElseGet(() -> new StoreOption().directory());
  }

  /** What a proposed command needs to read the same, with a blank before it. */
  String flags() {
    return store
        .map(directory -> " --store " + directory)
        .or(() -> url.map(address -> " --url " + address))
        .orElse("");
  }
}
