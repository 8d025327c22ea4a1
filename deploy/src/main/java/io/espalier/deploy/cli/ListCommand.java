package io.espalier.deploy.cli;

import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.SweepViews;
import io.espalier.coordinator.report.TrialView;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
    int width = sweeps.stream().mapToInt(view -> view.id().value().length()).max().orElse(0);
    String format = "%-" + Math.max(5, width) + "s  %-9s  %-11s  %-16s  %s%n";
    console.out().printf(format, "SWEEP", "STATE", "TRIALS", "SUBMITTED", "BEST");
    for (SweepView view : sweeps) {
      console
          .out()
          .printf(
              format,
              view.id(),
              view.state().name().toLowerCase(Locale.ROOT),
              completed(view) + "/" + view.trials().size(),
              TIME.format(view.submitted().atZone(ZoneId.systemDefault())),
              best(view));
    }
  }

  private static long completed(SweepView view) {
    return view.trials().stream()
        .flatMap(trial -> trial.result().stream())
        .filter(result -> result.outcome() instanceof Outcome.Completed)
        .count();
  }

  private static String best(SweepView view) {
    return view.trials().stream()
        .filter(trial -> trial.rank().isPresent() && trial.rank().getAsInt() == 1)
        .findFirst()
        .map(trial -> "trial " + trial.config().id() + objective(view, trial))
        .orElse("");
  }

  private static String objective(SweepView view, TrialView best) {
    String metric = view.objective().metric();
    return best.result()
        .map(result -> result.metrics().get(metric))
        .map(value -> String.format(Locale.ROOT, ", %s %.4g", metric, value))
        .orElse("");
  }
}
