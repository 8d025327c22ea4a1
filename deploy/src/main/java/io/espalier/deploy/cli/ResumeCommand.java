package io.espalier.deploy.cli;

import io.espalier.deploy.client.CoordinatorClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "resume",
    mixinStandardHelpOptions = true,
    description = {"Lets a sweep go on that was paused, each trial from where it was."})
final class ResumeCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  ResumeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CoordinatorClient client = url.client();
    client.resume(sweep);
    console.out().printf("%s goes on%n", sweep);
    return CommandLineInterface.OK;
  }
}
