package io.espalier.deploy.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where sweeps are kept. */
final class StoreOption {
  @Option(
      names = "--store",
      paramLabel = "DIR",
      description = "Directory of journal, metrics and adapters (default: ${DEFAULT-VALUE}).")
  private Path directory = Path.of("espalier-data");

  Path directory() {
    return directory;
  }
}
