package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.BranchId;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.metrics.MetricExport.TrialRow;
import io.espalier.coordinator.metrics.MetricsStore;
import io.espalier.coordinator.report.SweepView;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "metrics",
    mixinStandardHelpOptions = true,
    description = {
      "Writes every measurement of a sweep, running or ended: one row for each update of a trial and"
          + " for each evaluated metric.",
      "NaN and infinities are kept: as NaN and inf in csv, as text in jsonl."
    })
final class MetricsCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final StoreOption store = new StoreOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Option(
      names = "--format",
      required = true,
      paramLabel = "csv|jsonl|arrow",
      description = "Text with a header, a JSON object a line, or an Arrow file.")
  private MetricExport.Format format = MetricExport.Format.CSV;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write there instead of to standard output.")
  private Optional<Path> output = Optional.empty();

  MetricsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (format == MetricExport.Format.ARROW && output.isEmpty() && console.terminal().redraws()) {
      throw new UserError("Arrow is binary: name a file with --output, or pipe it.");
    }
    StoredSweeps sweeps = new StoredSweeps(store.directory());
    SweepView view = sweeps.find(sweep);
    try {
      write(byTrial(view, MetricsStore.read(sweeps.directory(view))));
    } catch (IOException e) {
      throw new UserError(
          "The metrics cannot be written to %s: %s"
              .formatted(output.map(Path::toString).orElse("standard output"), e.getMessage()),
          e);
    }
    return CommandLineInterface.OK;
  }

  /** Where several trials share a branch, each has the branch's rows up to its own end. */
  private static Stream<TrialRow> byTrial(SweepView view, Stream<MetricRow> stored) {
    Map<BranchId, List<MetricRow>> branches =
        stored.collect(Collectors.groupingBy(MetricRow::branch));
    return view.trials().stream()
        .flatMap(
            trial ->
                branches.getOrDefault(trial.branch(), List.of()).stream()
                    .filter(row -> row.update() <= trial.updates())
                    .map(row -> new TrialRow(trial.config().id(), row)));
  }

  private void write(Stream<TrialRow> rows) throws IOException {
    if (output.isEmpty()) {
      MetricExport.write(rows, format, console.out());
      return;
    }
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(output.get()))) {
      MetricExport.write(rows, format, file);
    }
  }
}
