package io.espalier.deploy.cli;

import io.espalier.common.Numbers;
import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.coordinator.rangetest.RangePlot;
import io.espalier.coordinator.rangetest.RangeTest;
import io.espalier.coordinator.rangetest.RateRange;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TextTable;
import io.espalier.coordinator.report.TextTable.Column;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "lr-find",
    mixinStandardHelpOptions = true,
    description = {
      "The learning-rate range test: trains what a spec names in a few updates whose learning rate"
          + " grows by the same factor from each to the next, once for every batch size of its"
          + " search, all together; says where the loss falls fastest and where it comes apart, and"
          + " proposes a grid.",
      "Its measurements are kept in the store as those of a sweep, NAME-lr-find-1."
    })
final class LrFindCommand implements Callable<Integer> {
  private static final int LEAST_UPDATES = 20;

  private final Console console;
  @Mixin private final LocalRun local = new LocalRun();

  @Parameters(paramLabel = "SPEC", description = "The sweep's YAML file.")
  private Path file = Path.of("");

  @Option(
      names = "--from",
      paramLabel = "RATE",
      description = "Rate of the first update (default: ${DEFAULT-VALUE}).")
  private double low = 1e-6;

  @Option(
      names = "--to",
      paramLabel = "RATE",
      description = "Rate of the last update (default: ${DEFAULT-VALUE}).")
  private double high = 1;

  @Option(
      names = "--updates",
      paramLabel = "N",
      description = "How many there are (default: ${DEFAULT-VALUE}).")
  private int updates = 100;

  @Option(
      names = {"-o", "--plot"},
      paramLabel = "FILE",
      description = "Where the plot goes, an SVG (default: lr-find.svg beside the results).")
  private Optional<Path> plot = Optional.empty();

  LrFindCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    RangeTest test = test();
    LocalRun.Ended ended = local.run(console, () -> spec(test));
    SweepView view = ended.view();
    if (view.state() != SweepView.State.COMPLETED) {
      console.complain(view.problem().orElse("the range test was interrupted"));
      return ended.interrupted() ? CommandLineInterface.INTERRUPTED : CommandLineInterface.FAILED;
    }
    StoredSweeps sweeps = new StoredSweeps(local.store());
    return tell(view, sweeps.curves(view), sweeps.directory(view));
  }

  private LocalRun.Spec spec(RangeTest test) {
    LocalRun.Spec asked = LocalRun.Spec.of(file);
    String yaml = test.spec(asked.spec());
    SweepSpec spec = SpecReader.parse(yaml, asked.directory(), file.toString());
    return new LocalRun.Spec(spec, yaml, asked.directory());
  }

  private RangeTest test() {
    if (!(low > 0 && high > low) || Double.isInfinite(high)) {
      throw new UserError(
          "--from %s --to %s is no range; expected two rates above 0, the lower one first"
              .formatted(Numbers.text(low), Numbers.text(high)));
    }
    if (updates < LEAST_UPDATES) {
      throw new UserError(
          "--updates is %d; expected at least %d, so that the loss can be averaged"
              .formatted(updates, LEAST_UPDATES));
    }
    return new RangeTest(low, high, updates);
  }

  private int tell(SweepView view, TrialCurves curves, Path directory) {
    Map<String, RateRange> ranges = new LinkedHashMap<>();
    for (TrialView trial : view.trials()) {
      ranges.put(
          "batch " + trial.config().training().perDeviceTrainBatchSize(),
          RangeTest.range(curves.rows().getOrDefault(trial.config().id(), List.of())));
    }
    console.out().println();
    console.out().println(table(ranges));
    List<Double> grid = RateRange.grid(List.copyOf(ranges.values()));
    if (grid.isEmpty()) {
      console
          .out()
          .println(
              "The loss does not fall at any of these rates: look at the labels, or try others with"
                  + " --from and --to.");
    } else {
      console
          .out()
          .printf(
              "A grid around where it falls fastest, for search.space:%n  learning_rate: [%s]%n",
              grid.stream().map(Numbers::text).collect(Collectors.joining(", ")));
    }
    Path target = plot.orElse(directory.resolve("lr-find.svg"));
    write(target, new RangePlot(view.id() + ": loss as the learning rate grows", ranges).svg());
    console.out().printf("Plot: %s%n", target);
    return CommandLineInterface.OK;
  }

  private static String table(Map<String, RateRange> ranges) {
    return new TextTable(
            List.of(
                Column.left(""),
                Column.right("falls fastest at"),
                Column.right("lowest at"),
                Column.right("comes apart at")),
            ranges.entrySet().stream()
                .map(
                    range ->
                        List.of(
                            range.getKey(),
                            rate(range.getValue().steepest()),
                            rate(range.getValue().lowest()),
                            rate(range.getValue().apart())))
                .toList())
        .text();
  }

  private static String rate(OptionalDouble rate) {
    return rate.isPresent() ? Numbers.brief(rate.getAsDouble()) : "–";
  }

  private static void write(Path target, String svg) {
    try {
      Files.writeString(target, svg);
    } catch (IOException e) {
      throw new UserError("%s cannot be written: %s".formatted(target, FileProblem.text(e)), e);
    }
  }
}
