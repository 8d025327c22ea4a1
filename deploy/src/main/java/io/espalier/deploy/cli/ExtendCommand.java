package io.espalier.deploy.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "extend",
    mixinStandardHelpOptions = true,
    description = {
      "Adds trials to a sweep, also to one that has ended: every combination that was tried, with the"
          + " keys of --set at the values given there.",
      MoreTrialsOptions.WHERE
    })
final class ExtendCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final MoreTrialsOptions more = new MoreTrialsOptions();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  ExtendCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return more.add(console, sweep, Optional.empty(), false);
  }
}
