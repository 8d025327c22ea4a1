package io.espalier.deploy.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description = {
      "Adds to a sweep, also to one that has ended, a trial like one that it has, with the keys of"
          + " --set at the values given there; it trains from the start.",
      MoreTrials.WHERE
    })
final class CloneCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final MoreTrials more = new MoreTrials();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial, by its number.")
  private int trial;

  CloneCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return more.add(console, sweep, Optional.of(trial));
  }
}
