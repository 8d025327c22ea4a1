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
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** A sweep's trials as a table, best first: what its command ends with. Pure. */
public final class SweepTable {
  private static final String NOTHING = "–";

  private SweepTable() {}

  /** A line for the sweep and, where it has come to trials, the table; ends in a line feed. */
  public static String text(SweepView view) {
    return text(view, OptionalInt.empty());
  }

  /**
   * @param width columns of the terminal, where it is one: long reasons are cut to it
   */
  public static String text(SweepView view, OptionalInt width) {
    return view.trials().isEmpty() ? state(view) + "\n" : title(view) + "\n\n" + table(view, width);
  }

  static String table(SweepView view, OptionalInt width) {
    Set<String> space = new LinkedHashSet<>();
    view.trials().forEach(trial -> space.addAll(trial.config().point().keySet()));
    List<String> metrics = MetricNames.main(view);
    var columns = new ArrayList<Column>();
    columns.add(Column.right("rank"));
    columns.add(Column.right("trial"));
    space.forEach(key -> columns.add(Column.left(key)));
    metrics.forEach(metric -> columns.add(Column.right(MetricNames.label(metric))));
    columns.add(Column.left("outcome"));
    columns.add(Column.left("reason"));
    List<List<String>> rows =
        Ranking.order(view.objective(), view.trials()).stream()
            .map(trial -> row(trial, space, metrics))
            .toList();
    return new TextTable(columns, rows).text(width);
  }

  static String title(SweepView view) {
    ObjectiveSpec objective = view.objective();
    String constraints =
        objective.constraints().stream()
            .map(c -> ", %s %s".formatted(c.metric(), c.text()))
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
    return "%s: %s%s"
        .formatted(
            view.id(),
            stateWords(view),
            view.warnings().stream().map(warning -> "\n" + warning).collect(Collectors.joining()));
  }

  /** {@code failed (why)}. */
  static String stateWords(SweepView view) {
    return view.state().name().toLowerCase(Locale.ROOT)
        + view.problem().map(problem -> " (" + problem + ")").orElse("");
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

  /** How it ended, or {@code running}, {@code resting} or {@code waiting}. */
  public static String outcome(TrialView trial) {
    return trial
        .result()
        .map(TrialResult::outcome)
        .map(Outcome::word)
        .orElseGet(
            () ->
                trial.worker().isPresent()
                    ? "running"
                    : trial.rests().isPresent() ? "resting" : "waiting");
  }

  /** Why it ended early, what constraint it breaks, where it went on from; may be empty. */
  public static String reason(TrialView trial) {
    String broken = String.join(", ", trial.broken());
    String origin =
        trial.continues().map("went on after update %d of another; "::formatted).orElse("");
    String why = trial.result().map(result -> result.outcome().reason()).orElse("");
    return (origin + why + broken).replaceFirst("; $", "");
  }
}
