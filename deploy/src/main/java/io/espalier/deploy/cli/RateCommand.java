package io.espalier.deploy.cli;

import io.espalier.common.Numbers;
import io.espalier.common.UserError;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.client.CoordinatorClient.Rating;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "rate",
    mixinStandardHelpOptions = true,
    description = {
      "Records which share of a trial's answers people let pass, as its metric human_pass_rate; a"
          + " later file replaces an earlier one.",
      "The file is CSV with a header: a row for each answer, with pass or fail in the column"
          + " 'verdict'; other columns are not read."
    })
final class RateCommand implements Callable<Integer> {
  private static final String METRIC = "human_pass_rate";

  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(index = "1", paramLabel = "TRIAL", description = "The trial's number.")
  private int trial;

  @Option(
      names = "--file",
      required = true,
      paramLabel = "ratings.csv",
      description = "The judgements.")
  private Path file = Path.of("");

  RateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    PassRate rate = PassRate.of(text(), file.toString());
    Rating rating = new Rating(METRIC, rate.value(), rate.judged());
    source
        .coordinator()
        .ifPresentOrElse(client -> client.rate(sweep, trial, rating), () -> inStore(rating));
    console
        .out()
        .printf(
            "%s of trial %d of %s is %s (%d of %d pass)%n",
            METRIC, trial, sweep, Numbers.text(rate.value()), rate.passed(), rate.judged());
    return CommandLineInterface.OK;
  }

  /** Only a coordinator may write to a journal: one is started for it, without workers. */
  private void inStore(Rating rating) {
    Path store = source.directory();
    new StoredSweeps(store).find(sweep);
    try (Coordinator coordinator = Coordinator.start(CoordinatorConfig.embedded(store))) {
      CoordinatorClient.at("http://127.0.0.1:" + coordinator.httpPort()).rate(sweep, trial, rating);
    }
  }

  private String text() {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UserError("%s cannot be read: %s".formatted(file, FileProblem.text(e)), e);
    }
  }
}
