package io.espalier.coordinator.report;

import io.espalier.coordinator.report.TextTable.Column;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where trials are repeats of each other: their cells, best mean of the objective first. Pure. */
record SeedTable(List<String> headings, List<List<String>> rows) {
  private static final String NOTHING = "–";

  /** Empty of rows where there are no repeats. */
  static SeedTable of(SweepView view) {
    List<Cell> cells = Cell.of(view.trials());
    if (!Cell.repeated(cells)) {
      return new SeedTable(List.of(), List.of());
    }
    Set<String> keys = new LinkedHashSet<>();
    cells.forEach(cell -> keys.addAll(cell.point().keySet()));
    List<String> metrics = MetricNames.main(view);
    var headings = new ArrayList<>(keys);
    headings.add("seeds");
    metrics.forEach(metric -> headings.add(MetricNames.label(metric)));
    return new SeedTable(
        headings,
        Cell.bestFirst(view.objective(), cells).stream()
            .map(cell -> row(cell, keys, metrics))
            .toList());
  }

  private static List<String> row(Cell cell, Set<String> keys, List<String> metrics) {
    var row = new ArrayList<String>();
    keys.forEach(key -> row.add(cell.point().getOrDefault(key, NOTHING)));
    long finished = cell.trials().stream().filter(Cell::finished).count();
    int all = cell.trials().size();
    row.add(finished == all ? Integer.toString(all) : "%d of %d".formatted(finished, all));
    metrics.forEach(metric -> row.add(cell.spread(metric).map(Cell.Spread::text).orElse(NOTHING)));
    return row;
  }

  String text() {
    return new TextTable(headings.stream().map(Column::left).toList(), rows).text();
  }

  String html() {
    var out = new StringBuilder("<div class=\"wide\"><table class=\"trials\">\n<thead><tr>");
    headings.forEach(heading -> out.append(Html.element("th", heading)));
    out.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      out.append("<tr>");
      row.forEach(cell -> out.append(Html.element("td", cell)));
      out.append("</tr>\n");
    }
    return out.append("</tbody></table></div>\n").toString();
  }
}
