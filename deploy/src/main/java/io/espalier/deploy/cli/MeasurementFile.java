package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.MetricExport.Format;
import io.espalier.coordinator.report.SweepView;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the measurements of a sweep are written.
 *
 * @param file absent for standard output
 */
record MeasurementFile(Console console, Optional<Path> file) {

  /** Returns an exit code. */
  int write(Sweeps sweeps, String sweep, Format format) {
    if (format.isBinary() && file.isEmpty() && console.terminal().redraws()) {
      throw new UserError(
          "%s is binary: name a file with --output, or pipe it.".formatted(format.word()));
    }
    SweepView view = sweeps.find(sweep);
    try {
      write(sweeps, view, format);
    } catch (IOException e) {
      throw new UserError(
          "The metrics cannot be written to %s: %s"
              .formatted(file.map(Path::toString).orElse("standard output"), FileProblem.text(e)),
          e);
    }
    return CommandLineInterface.OK;
  }

  private void write(Sweeps sweeps, SweepView view, Format format) throws IOException {
    if (file.isEmpty()) {
      sweeps.metrics(view, format, console.out());
      return;
    }
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file.get()))) {
      sweeps.metrics(view, format, out);
    }
  }
}
