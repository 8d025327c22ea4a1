package io.espalier.deploy.cli;

import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.SweepTable;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a run says last: the table, where its results are, and what to do with them. */
record Ending(Console console, Path store, SweepView view) {

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
    next(out);
    return failed().isEmpty() ? CommandLineInterface.OK : CommandLineInterface.FAILED;
  }

  private void interrupted(PrintStream out) {
    if (view.trials().isEmpty()) {
      out.println("Interrupted before the first trial: there is nothing to keep.");
      return;
    }
    long ended =
        results().stream().filter(result -> result.outcome() instanceof Outcome.Completed).count();
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
        .ifPresentOrElse(
            adapter ->
                out.printf(
                    ". Its adapter, in PEFT's layout:%n  %s%n", directory().resolve(adapter)),
            () -> out.println("."));
  }

  private void next(PrintStream out) {
    String sweep = view.id().value();
    String where = store.equals(new StoreOption().directory()) ? "" : " --store " + store;
    out.printf("All results: %s%n", directory());
    out.printf("This table again:   %s show %s%s%n", Console.command(), sweep, where);
    out.printf(
        "A report of it:     %s report %s --html report.html%s%n", Console.command(), sweep, where);
    out.printf(
        "Every measurement:  %s metrics %s --format csv%s%n", Console.command(), sweep, where);
  }

  private List<TrialResult> results() {
    return view.trials().stream().flatMap(trial -> trial.result().stream()).toList();
  }

  private List<TrialResult> failed() {
    return results().stream().filter(result -> result.outcome() instanceof Outcome.Failed).toList();
  }

  private Path directory() {
    return store.resolve("sweeps").resolve(view.id().value());
  }
}
