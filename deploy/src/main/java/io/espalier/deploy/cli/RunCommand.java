package io.espalier.deploy.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a sweep on this machine and ends with its table: a coordinator and a worker in one"
          + " process, at free ports of 127.0.0.1.",
      "Ctrl-C ends every trial at its next update and keeps what is done; a second one ends at"
          + " once."
    })
final class RunCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final LocalRun local = new LocalRun();

  @Parameters(paramLabel = "SPEC", description = "The sweep's YAML file.")
  private Path file = Path.of("");

  RunCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    LocalRun.Ended ended = local.run(console, () -> LocalRun.Spec.of(file));
    return Ending.inStore(console, local.store(), ended.view()).tell(ended.interrupted());
  }
}
