package io.espalier.deploy.cli;

import io.espalier.common.Numbers;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.ViewJson;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    description = "Lists the sweeps of a store or a coordinator, the earliest first.")
final class ListCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Option(names = "--json", description = "The same as a JSON array.")
  private boolean json;

  ListCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Sweeps sweeps = source.sweeps();
    List<SweepSummary> list = sweeps.list(problem -> console.err().println("Left out: " + problem));
    if (json) {
      console.out().println(ViewJson.write(list));
    } else if (list.isEmpty()) {
      console.err().println("No sweeps in " + sweeps.where());
    } else {
      print(list);
    }
    return CommandLineInterface.OK;
  }

  private void print(List<SweepSummary> sweeps) {
    List<Column> columns =
        Stream.of("sweep", "state", "ended", "submitted", "best").map(Column::left).toList();
    console
        .out()
        .print(
            new TextTable(columns, sweeps.stream().map(ListCommand::row).toList())
                .text(console.width()));
  }

  private static List<String> row(SweepSummary sweep) {
    return List.of(
        sweep.id().value(),
        sweep.state().name().toLowerCase(Locale.ROOT),
        sweep.endedTrials() + "/" + sweep.trials() + " trials",
        TIME.format(sweep.submitted().atZone(ZoneId.systemDefault())),
        sweep.best().map(ListCommand::best).or(sweep::problem).orElse(""));
  }

  private static String best(SweepSummary.Best best) {
    return "trial %s, %s %s".formatted(best.trial(), best.metric(), Numbers.text(best.value()));
  }
}
