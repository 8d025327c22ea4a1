package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Writes what was logged of a trial, over all its attempts.")
final class LogsCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial's number.")
  private int trial;

  @Option(names = "--json", description = "An array with the attempt and the text of each.")
  private boolean json;

  LogsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    try {
      url.client().log(sweep, trial, json, console.out());
    } catch (IOException e) {
      throw new UserError(
          "The log cannot be written to standard output: " + FileProblem.text(e), e);
    }
    console.out().flush();
    return CommandLineInterface.OK;
  }
}
