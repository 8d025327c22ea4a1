package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.SweepView;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
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
        paramLabel = "csv|jsonl|arrow",
        description = "Text with a header, a JSON object a line, or an Arrow file.")
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
    if (form.format() == MetricExport.Format.ARROW
        && output.isEmpty()
        && console.terminal().redraws()) {
      throw new UserError("Arrow is binary: name a file with --output, or pipe it.");
    }
    Sweeps sweeps = source.sweeps();
    SweepView view = sweeps.find(sweep);
    try {
      write(sweeps, view);
    } catch (IOException e) {
      throw new UserError(
          "The metrics cannot be written to %s: %s"
              .formatted(output.map(Path::toString).orElse("standard output"), FileProblem.text(e)),
          e);
    }
    return CommandLineInterface.OK;
  }

  private void write(Sweeps sweeps, SweepView view) throws IOException {
    if (output.isEmpty()) {
      sweeps.metrics(view, form.format(), console.out());
      return;
    }
    try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(output.get()))) {
      sweeps.metrics(view, form.format(), file);
    }
  }
}
