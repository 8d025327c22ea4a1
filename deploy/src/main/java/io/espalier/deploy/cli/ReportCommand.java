package io.espalier.deploy.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.espalier.common.UserError;
import io.espalier.coordinator.recommendation.Recommendation;
import io.espalier.coordinator.report.HtmlReport;
import io.espalier.coordinator.report.ReportJson;
import io.espalier.coordinator.report.ReportPlaces;
import io.espalier.coordinator.report.SweepReport;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialCurves;
import io.espalier.coordinator.report.TrialView;
import io.espalier.coordinator.report.ViewJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = {
      "Says what came out of a sweep, running or ended: a table of the grid for each metric, how the"
          + " trials ended, and the best one with its commands.",
      "With --html a file with heat maps and loss curves that opens without a network."
    })
final class ReportCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Option(names = "--html", paramLabel = "FILE", description = "Write the report there as HTML.")
  private Optional<Path> html = Optional.empty();

  @Option(
      names = "--trial",
      paramLabel = "N",
      description = "Show this trial by epoch instead of the best one.")
  private Optional<Integer> trial = Optional.empty();

  @Option(
      names = "--json",
      description =
          "The sweep, its best trial with its commands, and that trial or --trial by epoch, as JSON.")
  private boolean json;

  ReportCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Sweeps sweeps = source.sweeps();
    SweepView view = sweeps.find(sweep);
    TrialCurves curves = sweeps.curves(view);
    ReportPlaces places = sweeps.places(view);
    Optional<TrialView> chosen = trial.map(number -> find(view, number));
    if (json && html.isPresent()) {
      throw new UserError("--json and --html are two reports: ask for one of them.");
    }
    Optional<Recommendation> recommendation = Recommendation.of(view);
    List<String> advice = recommendation.map(Recommendation::lines).orElse(List.of());
    if (html.isPresent()) {
      write(html.get(), new HtmlReport(view, curves, places).html(chosen, advice));
      console.err().println("Written: " + html.get());
      return CommandLineInterface.OK;
    }
    SweepReport report = new SweepReport(view, curves, places);
    if (json) {
      console
          .out()
          .println(ViewJson.write(new Whole(ReportJson.of(report, chosen), recommendation)));
      return CommandLineInterface.OK;
    }
    console.out().print(chosen.map(report::text).orElseGet(() -> report.text(advice)));
    return CommandLineInterface.OK;
  }

  /** The report and what to make of it, as one object. */
  private record Whole(@JsonUnwrapped ReportJson report, Optional<Recommendation> recommendation) {}

  private TrialView find(SweepView view, int number) {
    return view.trials().stream()
        .filter(candidate -> candidate.config().id().number() == number)
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "%s has no trial %d; expected 0 to %d."
                        .formatted(sweep, number, view.trials().size() - 1)));
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UserError(
          "The report cannot be written to %s: %s. Name another file with --html."
              .formatted(file, FileProblem.text(e)),
          e);
    }
  }
}
