package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.guard.Baseline;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.diagnosis.Diagnosis;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeSet;

/** All that came out of a sweep, as plain text. Pure. */
public record SweepReport(SweepView view, TrialCurves curves, ReportPlaces places) {

  /** As below, with nothing to advise. */
  public String text() {
    return text(List.of());
  }

  /**
   * The tables of the grid, or the list where there is no grid, and the best trial.
   *
   * @param advice sentences on it
   */
  public String text(List<String> advice) {
    var out = new StringBuilder();
    out.append(SweepTable.title(view)).append('\n');
    out.append(Header.of(view).text()).append('\n');
    if (view.trials().isEmpty()) {
      return out.toString();
    }
    Optional<PivotGrid> grid = PivotGrid.of(view.trials());
    out.append(
        grid.map(found -> new PivotTables(view, found).text())
            .orElseGet(() -> SweepTable.table(view, OptionalInt.empty())));
    out.append('\n');
    SeedTable seeds = SeedTable.of(view);
    if (!seeds.rows().isEmpty()) {
      out.append("Mean ± standard deviation over seeds, best first:\n\n")
          .append(seeds.text())
          .append('\n');
    }
    diagnoses(out);
    Winner.of(view, places)
        .ifPresentOrElse(
            winner -> winner(out, winner, advice), () -> out.append(SweepReport.noWinner(view)));
    return out.toString();
  }

  /** One trial: how it stands, and what was measured at each evaluation. */
  public String text(TrialView trial) {
    var out = new StringBuilder();
    heading(out, trial);
    out.append('\n').append(EpochTable.of(trial, curves).text()).append('\n');
    configuration(out, trial);
    return out.toString();
  }

  /** Of each trial that has measured something, by number. */
  static Map<TrialView, Diagnosis> diagnoses(SweepView view, TrialCurves curves) {
    var diagnoses = new LinkedHashMap<TrialView, Diagnosis>();
    for (TrialView trial : view.trials()) {
      List<MetricRow> rows = curves.of(trial.config().id());
      if (!rows.isEmpty() && trial.result().isPresent()) {
        diagnoses.put(
            trial,
            Diagnosis.of(
                rows,
                view.dataset()
                    .map(data -> Baseline.of(data, trial.config().training()).loss())
                    .orElse(OptionalDouble.empty()),
                trial.result().map(TrialResult::outcome)));
      }
    }
    return diagnoses;
  }

  private void diagnoses(StringBuilder out) {
    Map<TrialView, Diagnosis> found = diagnoses(view, curves);
    if (found.isEmpty()) {
      return;
    }
    List<List<String>> rows =
        found.entrySet().stream()
            .map(
                entry ->
                    List.of(
                        entry.getKey().config().id().toString(),
                        entry.getValue().finding().words(),
                        entry.getValue().numbers(),
                        entry.getValue().finding().advice()))
            .toList();
    out.append("What the curves say:\n\n")
        .append(
            new TextTable(
                    List.of(
                        Column.right("trial"),
                        Column.left("curve"),
                        Column.left("by"),
                        Column.left("advice")),
                    rows)
                .text())
        .append('\n');
  }

  static String noWinner(SweepView view) {
    return view.state().ended()
        ? "No trial was trained to its end with a %s.\n".formatted(view.objective().metric())
        : "No trial has ended yet.\n";
  }

  private void winner(StringBuilder out, Winner winner, List<String> advice) {
    out.append("Best: ");
    heading(out, winner.trial());
    advice.forEach(line -> out.append("  ").append(line).append('\n'));
    for (Winner.Step step : winner.steps()) {
      out.append('\n').append(step.purpose()).append(":\n").append(step.code().indent(2));
    }
    out.append("\nBy epoch:\n\n").append(EpochTable.of(winner.trial(), curves).text()).append('\n');
    configuration(out, winner.trial());
  }

  private static void heading(StringBuilder out, TrialView trial) {
    out.append("trial ").append(trial.config().id());
    trial.config().point().forEach((key, value) -> out.append("  " + key + "=" + value));
    out.append("  ").append(SweepTable.outcome(trial)).append('\n');
    String reason = SweepTable.reason(trial);
    if (!reason.isEmpty()) {
      out.append("  ").append(reason).append('\n');
    }
    for (Map.Entry<String, String> number : numbers(trial).entrySet()) {
      out.append("  %s %s%n".formatted(number.getKey(), number.getValue()));
    }
  }

  /** The final numbers by their labels. */
  static Map<String, String> numbers(TrialView trial) {
    var names = new TreeSet<String>();
    trial.result().ifPresent(result -> names.addAll(result.metrics().keySet()));
    names.add(MetricNames.TRAIN_LOSS);
    var numbers = new LinkedHashMap<String, String>();
    for (String name : MetricNames.inOrder(names)) {
      OptionalDouble value = Ranking.value(name, trial);
      value.ifPresent(v -> numbers.put(MetricNames.label(name), Numbers.text(v)));
    }
    return numbers;
  }

  private static void configuration(StringBuilder out, TrialView trial) {
    list(out, "Configuration", Configuration.of(trial.config()));
    Map<String, String> trainedBy = TrainedBy.of(trial);
    if (!trainedBy.isEmpty()) {
      out.append('\n');
      list(out, "Provenance", trainedBy);
    }
  }

  private static void list(StringBuilder out, String heading, Map<String, String> values) {
    int widest = values.keySet().stream().mapToInt(String::length).max().orElse(0);
    out.append(heading).append(":\n");
    values.forEach(
        (key, value) ->
            out.append("  ")
                .append(key)
                .append(" ".repeat(widest - key.length() + 2))
                .append(value)
                .append('\n'));
  }
}
