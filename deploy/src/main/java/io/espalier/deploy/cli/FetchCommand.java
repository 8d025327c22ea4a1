package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "fetch",
    mixinStandardHelpOptions = true,
    description = "Copies a trial's adapter, in PEFT's layout, from its coordinator.")
final class FetchCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial's number.")
  private int trial;

  @Option(
      names = "--adapter",
      required = true,
      paramLabel = "DIR",
      description = "The directory to make; it must not be there yet.")
  private Path directory = Path.of("");

  FetchCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path target = directory.toAbsolutePath().normalize();
    if (Files.exists(target)) {
      throw new UserError(
          "%s is there already, and nothing is overwritten: name another directory with --adapter."
              .formatted(directory));
    }
    FetchedAdapter adapter = FetchedAdapter.of(url.client(), sweep, trial);
    try {
      NewDirectory.make(target, adapter::writeTo);
    } catch (IOException e) {
      throw new UserError(
          "The adapter cannot be written to %s: %s".formatted(directory, FileProblem.text(e)), e);
    }
    console.out().println(directory);
    return CommandLineInterface.OK;
  }
}
