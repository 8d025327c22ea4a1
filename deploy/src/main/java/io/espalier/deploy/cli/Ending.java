package io.espalier.deploy.cli;

import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.recommendation.Recommendation;
import io.espalier.coordinator.report.SweepTable;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is said of a sweep last: the table, where its results are, and what to do with them.
 *
 * @param directory of its results, when this machine has them
 * @param flags what commands need to find the sweep, with a blank before it
 */
record Ending(Console console, SweepView view, Optional<Path> directory, String flags) {

  /** Of a sweep in a store of this machine. */
  static Ending inStore(Console console, Path store, SweepView view) {
    boolean found =
        store.equals(new StoreOption().directory()) && UrlOption.fromEnvironment().isEmpty();
    Path directory = store.resolve("sweeps").resolve(view.id().value());
    return new Ending(console, view, Optional.of(directory), found ? "" : " --store " + store);
  }

  /** Of a sweep at a coordinator. */
  static Ending atCoordinator(Console console, SweepView view, String flags) {
    return new Ending(console, view, Optional.empty(), flags);
  }

  /** Returns the exit code. */
  int tell(boolean interrupted) {
    if (view.state() == SweepView.State.FAILED) {
      console.complain(view.problem().orElse("the sweep failed"));
      return CommandLineInterface.FAILED;
    }
    PrintStream out = console.out();
    out.println();
    out.println(SweepTable.text(view, console.width()));
    if (interrupted) {
      interrupted(out);
      return CommandLineInterface.INTERRUPTED;
    }
    best(out);
    Optional<Recommendation> recommendation = Recommendation.of(view);
    recommendation.map(Recommendation::lines).orElse(List.of()).forEach(out::println);
    next(out);
    if (recommendation.filter(found -> !found.next().isEmpty()).isPresent()) {
      out.printf(
          "A search around it: %s refine %s%s > next.yaml%n", Console.command(), view.id(), flags);
    }
    return code(view);
  }

  /** The exit code of a sweep that has ended: 1 when it or one of its trials failed. */
  static int code(SweepView view) {
    boolean failed =
        view.state() == SweepView.State.FAILED
            || view.trials().stream()
                .flatMap(trial -> trial.result().stream())
                .anyMatch(result -> result.outcome() instanceof Outcome.Failed);
    return failed ? CommandLineInterface.FAILED : CommandLineInterface.OK;
  }

  private void interrupted(PrintStream out) {
    if (view.trials().isEmpty()) {
      out.println("Interrupted before the first trial: there is nothing to keep.");
      return;
    }
    long ended = results().stream().filter(result -> result.outcome().finished()).count();
    out.printf(
        "Interrupted: %d of %d trials completed. Kept are their adapters, every measurement so far,"
            + " and this table.%n",
        ended, view.trials().size());
    next(out);
  }

  private void best(PrintStream out) {
    Optional<TrialView> best =
        view.trials().stream().filter(trial -> trial.rank().orElse(0) == 1).findFirst();
    if (best.isEmpty()) {
      out.printf("No trial has a %s to be ranked by.%n", view.objective().metric());
      return;
    }
    TrialView trial = best.get();
    out.printf("Best is trial %s", trial.config().id());
    if (!trial.broken().isEmpty()) {
      out.printf(", though %s", String.join(" and ", trial.broken()));
    }
    trial
        .result()
        .flatMap(TrialResult::adapter)
        .ifPresentOrElse(adapter -> adapter(out, trial, adapter), () -> out.println("."));
  }

  private void adapter(PrintStream out, TrialView trial, String adapter) {
    if (directory.isPresent()) {
      out.printf(". Its adapter, in PEFT's layout:%n  %s%n", directory.get().resolve(adapter));
    } else {
      out.printf(
          ". To copy its adapter, in PEFT's layout:%n  %s fetch %s %s --adapter DIR%s%n",
          Console.command(), view.id(), trial.config().id(), flags);
    }
  }

  private void next(PrintStream out) {
    SweepId sweep = view.id();
    String command = Console.command();
    directory.ifPresent(path -> out.printf("All results: %s%n", path));
    out.printf("This table again:   %s show %s%s%n", command, sweep, flags);
    out.printf("A report of it:     %s report %s --html report.html%s%n", command, sweep, flags);
    out.printf("Every measurement:  %s metrics %s --format csv%s%n", command, sweep, flags);
  }

  private List<TrialResult> results() {
    return view.trials().stream().flatMap(trial -> trial.result().stream()).toList();
  }
}
