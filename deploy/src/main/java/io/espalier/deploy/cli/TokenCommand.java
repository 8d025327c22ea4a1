package io.espalier.deploy.cli;

import io.espalier.coordinator.access.Role;
import io.espalier.coordinator.access.Tokens;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "token",
    mixinStandardHelpOptions = true,
    description = {
      "Makes a token for somebody and prints it, this once: its file has only what it is recognised"
          + " by. A line that is deleted from the file ends its token at once."
    })
final class TokenCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(index = "0", paramLabel = "NAME", description = "Whose it is; logged and journaled.")
  private String name = "";

  @Option(
      names = "--role",
      required = true,
      paramLabel = "ROLE",
      description =
          "viewer reads; operator starts, stops and changes sweeps too; admin deletes them and"
              + " releases workers too.")
  private Role role = Role.VIEWER;

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description = "The coordinators' file of tokens (default: ${DEFAULT-VALUE}).")
  private Path file = Path.of("tokens");

  TokenCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().println(Tokens.add(file, name, role));
    return CommandLineInterface.OK;
  }
}
