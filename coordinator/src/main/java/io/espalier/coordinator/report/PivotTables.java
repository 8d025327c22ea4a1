package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A table of the grid for each metric and one of the outcomes, as papers print them. Pure. */
record PivotTables(SweepView view, PivotGrid grid) {
  private static final String LEGEND =
      "* the best trial   ° breaks a constraint   † ended before its last update\n";

  String text() {
    List<String> shown = MetricNames.main(view);
    var out = new StringBuilder();
    for (String metric : shown) {
      table(out, MetricNames.label(metric), true, cell -> value(metric, cell));
    }
    table(out, "outcome", false, PivotTables::outcome);
    out.append(LEGEND);
    Set<String> further = new TreeSet<>(MetricNames.measured(view));
    shown.forEach(further::remove);
    if (!further.isEmpty()) {
      out.append("Also measured: ")
          .append(String.join(", ", MetricNames.inOrder(further)))
          .append(" (with --html, or per epoch with --trial)\n");
    }
    return out.toString();
  }

  private void table(StringBuilder out, String name, boolean numbers, Function<Cell, String> cell) {
    for (PivotGrid.Block block : grid.blocks()) {
      String caption = block.caption();
      out.append(name)
          .append(" by ")
          .append(grid.rowKey())
          .append(" (down) and ")
          .append(grid.columnKey())
          .append(" (across)")
          .append(caption.isEmpty() ? "" : ", " + caption)
          .append("\n\n");
      var columns = new ArrayList<Column>();
      columns.add(Column.left(""));
      for (String value : grid.columns()) {
        columns.add(numbers ? Column.right(value) : Column.left(value));
      }
      out.append(new TextTable(columns, rows(block, cell)).text()).append('\n');
    }
  }

  private List<List<String>> rows(PivotGrid.Block block, Function<Cell, String> cell) {
    var rows = new ArrayList<List<String>>();
    for (String value : grid.rows()) {
      var row = new ArrayList<String>();
      row.add(value);
      for (String column : grid.columns()) {
        row.add(block.at(value, column).map(cell).orElse(""));
      }
      rows.add(row);
    }
    return rows;
  }

  private static String value(String metric, Cell cell) {
    if (cell.trials().size() > 1) {
      return cell.spread(metric).map(Cell.Spread::text).orElse("–") + mark(cell);
    }
    OptionalDouble value = Ranking.value(metric, cell.trials().get(0));
    return value.isPresent() ? Numbers.text(value.getAsDouble()) + mark(cell) : "–" + " ";
  }

  /** One column wide, so that numbers stay aligned. */
  private static String mark(Cell cell) {
    if (cell.trials().stream()
        .flatMap(trial -> trial.result().stream())
        .anyMatch(result -> !result.outcome().finished())) {
      return "†";
    }
    if (cell.trials().stream().anyMatch(trial -> !trial.broken().isEmpty())) {
      return "°";
    }
    return cell.trials().stream().anyMatch(trial -> trial.rank().orElse(0) == 1) ? "*" : " ";
  }

  private static String outcome(Cell cell) {
    return cell.trials().size() == 1
        ? outcome(cell.trials().get(0))
        : cell.trials().stream()
            .collect(
                Collectors.groupingBy(SweepTable::outcome, TreeMap::new, Collectors.counting()))
            .entrySet()
            .stream()
            .map(several -> several.getValue() + " " + several.getKey())
            .collect(Collectors.joining(", "));
  }

  private static String outcome(TrialView trial) {
    boolean early =
        trial.result().filter(r -> !(r.outcome() instanceof Outcome.Completed)).isPresent();
    return SweepTable.outcome(trial)
        + (early ? " after " + trial.result().orElseThrow().updates() : "");
  }
}
