package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.MetricExport;
import io.espalier.coordinator.report.SweepView;
import io.espalier.deploy.tracking.MlflowRuns;
import io.espalier.deploy.tracking.TensorBoardRuns;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    mixinStandardHelpOptions = true,
    description = {
      "Hands on what came out of a sweep: its measurements as a file, or to TensorBoard or MLflow; or"
          + " the model that a trial has trained, as a HuggingFace directory of its own."
    })
final class ExportCommand implements Callable<Integer> {
  private static final String TRACKING_URI = "MLFLOW_TRACKING_URI";

  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();
  @Mixin private final BaseOption base = new BaseOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TRIAL",
      description = "The trial's number, with --merged.")
  private Optional<Integer> trial = Optional.empty();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Target target = new Target();

  /** One of them. */
  private static final class Target {
    @Option(
        names = "--merged",
        required = true,
        paramLabel = "DIR",
        description =
            "The base model with the trial's adapter added into its weights, which keep their number"
                + " formats; the directory must not be there yet, or be empty.")
    private Optional<Path> merged = Optional.empty();

    @Option(
        names = "--format",
        required = true,
        paramLabel = "parquet|csv|jsonl|arrow",
        description = "Every measurement, as metrics writes it.")
    private Optional<MetricExport.Format> format = Optional.empty();

    @Option(
        names = "--tensorboard",
        required = true,
        paramLabel = "DIR",
        description = "An event file for each trial, for: tensorboard --logdir DIR")
    private Optional<Path> tensorboard = Optional.empty();

    @Option(
        names = "--mlflow",
        required = true,
        arity = "0..1",
        fallbackValue = "",
        paramLabel = "URL",
        description =
            "A run of that MLflow server for each trial that has ended (default: "
                + TRACKING_URI
                + ").")
    private Optional<String> mlflow = Optional.empty();

    boolean isNone() {
      return merged.isEmpty() && format.isEmpty() && tensorboard.isEmpty() && mlflow.isEmpty();
    }
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "With --format: write there instead of to standard output.")
  private Optional<Path> output = Optional.empty();

  @Spec private CommandSpec command = CommandSpec.create();

  ExportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (target.isNone()) {
      throw new ParameterException(
          command.commandLine(),
          "Where to is missing; expected one of --format, --tensorboard, --mlflow and --merged.");
    }
    if (output.isPresent() && target.format.isEmpty()) {
      throw new UserError("--output is for --format: the others name where they write.");
    }
    if (trial.isPresent() != target.merged.isPresent()) {
      throw new UserError(
          trial.isPresent()
              ? "Measurements are those of the whole sweep: leave out the trial %d, or ask for its model with --merged DIR."
                  .formatted(trial.get())
              : "--merged takes one trial: name it after the sweep, as in: export %s 3 --merged DIR"
                  .formatted(sweep));
    }
    Sweeps sweeps = source.sweeps();
    if (target.merged.isPresent()) {
      return new MergedExport(console, base, sweeps, sweep, trial.get(), target.merged.get()).run();
    }
    if (target.format.isPresent()) {
      return new MeasurementFile(console, output).write(sweeps, sweep, target.format.get());
    }
    SweepView view = sweeps.find(sweep);
    if (target.tensorboard.isPresent()) {
      tensorboard(sweeps, view, target.tensorboard.get());
    } else {
      mlflow(sweeps, view, target.mlflow.orElse(""));
    }
    return CommandLineInterface.OK;
  }

  private void tensorboard(Sweeps sweeps, SweepView view, Path directory) {
    try {
      int written = TensorBoardRuns.write(view, sweeps.curves(view), directory);
      console
          .err()
          .printf(
              "%d trials of %s; see them with: tensorboard --logdir %s%n",
              written, sweep, directory);
    } catch (IOException e) {
      throw new UserError(
          "The events cannot be written to %s: %s.".formatted(directory, FileProblem.text(e)), e);
    }
  }

  private void mlflow(Sweeps sweeps, SweepView view, String named) {
    String url = named.isEmpty() ? System.getenv().getOrDefault(TRACKING_URI, "") : named;
    if (!url.matches("https?://.+")) {
      throw new UserError(
          "'%s' is no address of an MLflow server; expected --mlflow http://HOST:5000, or %s set to it."
              .formatted(url, TRACKING_URI));
    }
    int written = new MlflowRuns(URI.create(url), System.getenv()).write(view, sweeps.curves(view));
    console.err().printf("%d new runs in the experiment %s of %s%n", written, sweep, url);
  }
}
