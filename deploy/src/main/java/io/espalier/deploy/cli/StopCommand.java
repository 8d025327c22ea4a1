package io.espalier.deploy.cli;

import io.espalier.deploy.client.CoordinatorClient;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "stop",
    mixinStandardHelpOptions = true,
    description = {
      "Ends a sweep, or one trial of it: what trains ends at its next update, what was measured is"
          + " kept."
    })
final class StopCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final UrlOption url = new UrlOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TRIAL",
      description = "Only this trial, by its number.")
  private Optional<Integer> trial = Optional.empty();

  StopCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    CoordinatorClient client = url.client();
    if (trial.isPresent()) {
      client.stop(sweep, trial.get());
      console.out().printf("trial %d of %s ends at its next update%n", trial.get(), sweep);
    } else {
      client.stop(sweep);
      console.out().printf("%s: every trial ends at its next update%n", sweep);
    }
    return CommandLineInterface.OK;
  }
}
