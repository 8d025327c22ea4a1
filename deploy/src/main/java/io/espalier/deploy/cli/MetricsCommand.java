package io.espalier.deploy.cli;

import io.espalier.coordinator.metrics.MetricExport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
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
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Form form = new Form();

  /** One of the two. */
  private static final class Form {
    @Option(
        names = "--format",
        required = true,
        paramLabel = "csv|jsonl|arrow|parquet",
        description = "Text with a header, a JSON object a line, an Arrow file, or a Parquet file.")
    private Optional<MetricExport.Format> format = Optional.empty();

    @Option(names = "--json", required = true, description = "The same as --format jsonl.")
    private boolean json;

    MetricExport.Format format() {
      return format.orElse(MetricExport.Format.JSONL);
    }
  }

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
    return new MeasurementFile(console, output).write(source.sweeps(), sweep, form.format());
  }
}
