package io.espalier.deploy.cli;

import io.espalier.common.Numbers;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.TrialView;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "ls",
    mixinStandardHelpOptions = true,
    description = "Lists the sweeps of a store, the earliest first.")
final class ListCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm");

  private final Console console;
  @Mixin private final StoreOption store = new StoreOption();

  @Option(names = "--json", description = "All that is known of them, as a JSON array.")
  private boolean json;

  ListCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<SweepView> sweeps = new StoredSweeps(store.directory()).all();
    if (json) {
      console
          .out()
          .println(
              sweeps.stream().map(SweepViews::toJson).collect(Collectors.joining(",\n", "[", "]")));
    } else if (sweeps.isEmpty()) {
      console.err().println("No sweeps in " + store.directory());
    } else {
      print(sweeps);
    }
    return CommandLineInterface.OK;
  }

  private void print(List<SweepView> sweeps) {
    List<Column> columns =
        Stream.of("sweep", "state", "ended", "submitted", "best").map(Column::left).toList();
    console
        .out()
        .print(new TextTable(columns, sweeps.stream().map(ListCommand::row).toList()).text());
  }

  private static List<String> row(SweepView view) {
    long ended = view.trials().stream().filter(trial -> trial.result().isPresent()).count();
    return List.of(
        view.id().value(),
        view.state().name().toLowerCase(Locale.ROOT),
        ended + "/" + view.trials().size() + " trials",
        TIME.format(view.submitted().atZone(ZoneId.systemDefault())),
        Ranking.best(view.objective(), view.trials()).map(trial -> best(view, trial)).orElse(""));
  }

  private static String best(SweepView view, TrialView best) {
    String metric = view.objective().metric();
    OptionalDouble value = Ranking.value(metric, best);
    return "trial "
        + best.config().id()
        + (value.isPresent() ? ", " + metric + " " + Numbers.text(value.getAsDouble()) : "");
  }
}
