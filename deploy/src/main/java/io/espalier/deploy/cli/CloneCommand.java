package io.espalier.deploy.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "clone",
    mixinStandardHelpOptions = true,
    description = {
      "Adds to a sweep, also to one that has ended, a trial like one that it has, with the keys of"
          + " --set at the values given there. It trains from the start, or from where the trial stands.",
      MoreTrialsOptions.WHERE
    })
final class CloneCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final MoreTrialsOptions more = new MoreTrialsOptions();

  @Option(
      names = "--from-checkpoint",
      description =
          "Go on from the trial's end, or from the newest checkpoint before, with weights and"
              + " optimizer as they were there; the new values count from the next update.")
  private boolean fromCheckpoint;

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial, by its number.")
  private int trial;

  CloneCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return more.add(console, sweep, Optional.of(trial), fromCheckpoint);
  }
}
