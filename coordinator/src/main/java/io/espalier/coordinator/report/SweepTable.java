package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/** A sweep's trials as a table, best first: what its command ends with. Pure. */
public final class SweepTable {
  private static final String NOTHING = "–";

  /** Shown wherever a trial has them, in this order. */
  private static final List<String> METRICS =
      List.of("train_loss", "eval_loss", "eval_accuracy", "retention_accuracy");

  private SweepTable() {}

  /** A line for the sweep and, where it has come to trials, the table; ends in a line feed. */
  public static String text(SweepView view) {
    if (view.trials().isEmpty()) {
      return state(view) + "\n";
    }
    Set<String> space = new LinkedHashSet<>();
    view.trials().forEach(trial -> space.addAll(trial.config().point().keySet()));
    List<String> metrics = metrics(view);
    var columns = new ArrayList<Column>();
    columns.add(Column.right("rank"));
    columns.add(Column.right("trial"));
    space.forEach(key -> columns.add(Column.left(key)));
    metrics.forEach(metric -> columns.add(Column.right(metric.replace('_', ' '))));
    columns.add(Column.left("outcome"));
    columns.add(Column.left("reason"));
    List<List<String>> rows =
        Ranking.order(view.objective(), view.trials()).stream()
            .map(trial -> row(trial, space, metrics))
            .toList();
    return title(view) + "\n\n" + new TextTable(columns, rows).text();
  }

  private static String title(SweepView view) {
    ObjectiveSpec objective = view.objective();
    String constraints =
        objective.constraints().stream()
            .map(
                c ->
                    ", %s %s %s"
                        .formatted(c.metric(), c.comparison().sign(), Numbers.text(c.bound())))
            .collect(Collectors.joining());
    return "%s; %d %s, best first by %s (%s)%s"
        .formatted(
            state(view),
            view.trials().size(),
            view.trials().size() == 1 ? "trial" : "trials",
            objective.metric(),
            objective.mode().name().toLowerCase(Locale.ROOT),
            constraints);
  }

  private static String state(SweepView view) {
    return "%s: %s%s%s"
        .formatted(
            view.id(),
            view.state().name().toLowerCase(Locale.ROOT),
            view.problem().map(problem -> " (" + problem + ")").orElse(""),
            view.warnings().stream().map(warning -> "\n" + warning).collect(Collectors.joining()));
  }

  /** The usual ones that were measured, and all that decide the order. */
  private static List<String> metrics(SweepView view) {
    var metrics = new LinkedHashSet<String>();
    for (String metric : METRICS) {
      if (view.trials().stream().anyMatch(t -> Ranking.value(metric, t).isPresent())) {
        metrics.add(metric);
      }
    }
    metrics.add(view.objective().metric());
    view.objective().constraints().forEach(constraint -> metrics.add(constraint.metric()));
    return List.copyOf(metrics);
  }

  private static List<String> row(TrialView trial, Set<String> space, List<String> metrics) {
    var cells = new ArrayList<String>();
    cells.add(trial.rank().isPresent() ? Integer.toString(trial.rank().getAsInt()) : NOTHING);
    cells.add(trial.config().id().toString());
    space.forEach(key -> cells.add(trial.config().point().getOrDefault(key, NOTHING)));
    for (String metric : metrics) {
      OptionalDouble value = Ranking.value(metric, trial);
      cells.add(value.isPresent() ? Numbers.text(value.getAsDouble()) : NOTHING);
    }
    cells.add(outcome(trial));
    cells.add(reason(trial));
    return cells;
  }

  private static String outcome(TrialView trial) {
    return trial
        .result()
        .map(TrialResult::outcome)
        .map(Outcome::word)
        .orElse(trial.worker().isPresent() ? "running" : "waiting");
  }

  private static String reason(TrialView trial) {
    String broken = String.join(", ", trial.broken());
    return trial.result().map(result -> result.outcome().reason()).orElse("") + broken;
  }
}
