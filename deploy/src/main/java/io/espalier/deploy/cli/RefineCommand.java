package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.SpecWriter;
import io.espalier.common.spec.TaskSettings;
import io.espalier.coordinator.recommendation.Recommendation;
import io.espalier.coordinator.report.Cell;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "refine",
    mixinStandardHelpOptions = true,
    description = {
      "Writes the spec of a next sweep around the best trial of one: half the way to the values beside"
          + " its own, and where it has the largest or smallest that was tried a step beyond.",
      "Pruning is not taken over."
    })
final class RefineCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  RefineCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    SweepView view = source.sweeps().find(sweep);
    Recommendation found =
        Recommendation.of(view)
            .orElseThrow(
                () ->
                    new UserError(
                        "No trial of %s has come to its end with a %s: there is nothing to go by."
                            .formatted(view.id(), view.objective().metric())));
    if (found.next().isEmpty()) {
      throw new UserError(
          "No key of %s was tried with two numbers or more: there is no direction to search in."
              .formatted(view.id()));
    }
    TaskSettings settings =
        view.settings()
            .orElseThrow(
                () ->
                    new UserError(
                        "The spec of %s can no longer be read, so it cannot be written anew."
                            .formatted(view.id())));
    List<TrialView> repeats = repeats(view, found);
    console.out().print(comments(view, found));
    console
        .out()
        .print(
            SpecWriter.around(
                view.id().value().replaceFirst("-\\d+$", ""),
                settings,
                repeats.get(0).config().training(),
                found.next(),
                repeats.size(),
                view.objective()));
    return CommandLineInterface.OK;
  }

  private static String comments(SweepView view, Recommendation found) {
    var out = new StringBuilder();
    out.append("# Around trial %s of %s.\n".formatted(found.winner(), view.id()));
    found.lines().forEach(line -> out.append("# ").append(line).append('\n'));
    return out.toString();
  }

  /** The winner and those that differ from it in the seed only, by number. */
  private static List<TrialView> repeats(SweepView view, Recommendation found) {
    return Cell.of(view.trials()).stream()
        .map(Cell::trials)
        .filter(trials -> trials.stream().anyMatch(one -> one.config().id().equals(found.winner())))
        .findFirst()
        .orElseThrow();
  }
}
