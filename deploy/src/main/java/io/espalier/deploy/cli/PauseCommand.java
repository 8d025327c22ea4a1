package io.espalier.deploy.cli;

import io.espalier.deploy.client.CoordinatorClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "pause",
    mixinStandardHelpOptions = true,
    description = {
      "Lets nothing of a sweep be trained until it is resumed: what trains leaves a checkpoint after its"
          + " present update, and its slot is free for other sweeps."
    })
final class PauseCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  PauseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CoordinatorClient client = url.client();
    client.pause(sweep);
    console
        .out()
        .printf(
            "%s is paused; resume it with: %s resume %s%s%n",
            sweep, Console.command(), sweep, url.flags());
    return CommandLineInterface.OK;
  }
}
