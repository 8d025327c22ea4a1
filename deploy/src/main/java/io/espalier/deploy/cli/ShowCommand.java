package io.espalier.deploy.cli;

import io.espalier.coordinator.report.SweepTable;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Shows a sweep's trials in the order of its objective, running or ended.")
final class ShowCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Option(names = "--json", description = "All that is known of it, as JSON.")
  private boolean json;

  ShowCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    SweepView view = source.sweeps().find(sweep);
    console
        .out()
        .print(json ? SweepViews.toJson(view) + "\n" : SweepTable.text(view, console.width()));
    return CommandLineInterface.OK;
  }
}
