package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** One metric of the grid as coloured tables with the values in them. Pure. */
record HeatMap(SweepView view, PivotGrid grid, String metric, ObjectiveSpec.Mode mode) {
  private static final int STEPS = 10;

  String html() {
    ColourScale scale = scale(mode, metric, view.trials());
    var out = new StringBuilder();
    for (PivotGrid.Block block : grid.blocks()) {
      block(out, block, scale);
    }
    legend(out, scale);
    return out.toString();
  }

  /** A value that is not finite, or of a trial that came apart, would take the range for itself. */
  static ColourScale scale(ObjectiveSpec.Mode mode, String metric, List<TrialView> trials) {
    return ColourScale.of(
        mode,
        trials.stream()
            .map(trial -> Ranking.value(metric, trial))
            .filter(OptionalDouble::isPresent)
            .map(OptionalDouble::getAsDouble)
            .toList());
  }

  private void block(StringBuilder out, PivotGrid.Block block, ColourScale scale) {
    out.append("<div class=\"wide\"><table class=\"heat\">");
    if (!block.caption().isEmpty()) {
      out.append(Html.element("caption", block.caption()));
    }
    out.append(
        "<tr><th class=\"corner\">%s ↓ &nbsp; %s →</th>"
            .formatted(Html.escape(grid.rowKey()), Html.escape(grid.columnKey())));
    grid.columns().forEach(value -> out.append(Html.element("th", value)));
    out.append("</tr>\n");
    for (String row : grid.rows()) {
      out.append("<tr><th>").append(Html.escape(row)).append("</th>");
      for (String column : grid.columns()) {
        out.append(block.at(row, column).map(cell -> cell(cell, scale)).orElse("<td></td>"));
      }
      out.append("</tr>\n");
    }
    out.append("</table></div>\n");
  }

  private String cell(Cell cell, ColourScale scale) {
    if (cell.trials().size() == 1) {
      return cell(cell.trials().get(0), scale);
    }
    TrialView first = cell.trials().get(0);
    String title =
        cell.trials().stream()
            .map(trial -> "trial %s: %s".formatted(trial.config().id(), SweepTable.outcome(trial)))
            .collect(Collectors.joining(", "));
    Optional<Cell.Spread> spread = cell.spread(metric);
    if (spread.isEmpty()) {
      return "<td class=\"ended\" title=\"%s\"><a href=\"#trial-%s\">–</a></td>"
          .formatted(Html.escape(title), first.config().id());
    }
    double mean = spread.get().mean();
    return coloured(
        cell.trials().stream().anyMatch(trial -> trial.rank().orElse(0) == 1),
        mean,
        scale,
        title,
        first,
        spread.get().text(),
        cell.sound() ? "" : "<small>not all</small>");
  }

  private String cell(TrialView trial, ColourScale scale) {
    String outcome = SweepTable.outcome(trial);
    String reason = SweepTable.reason(trial);
    String title = "trial " + trial.config().id() + ": " + outcome;
    if (!reason.isEmpty()) {
      title += ", " + reason;
    }
    OptionalDouble value = Ranking.value(metric, trial);
    boolean completed = outcome.equals("completed");
    if (value.isEmpty() || !completed) {
      return "<td class=\"ended\" title=\"%s\"><a href=\"#trial-%s\">%s</a>%s</td>"
          .formatted(
              Html.escape(title),
              trial.config().id(),
              Html.escape(completed ? "–" : outcome),
              value.isPresent() ? "<small>" + Numbers.text(value.getAsDouble()) + "</small>" : "");
    }
    double number = value.getAsDouble();
    return coloured(
        trial.rank().orElse(0) == 1,
        number,
        scale,
        title,
        trial,
        Numbers.text(number),
        broken(trial));
  }

  private static String coloured(
      boolean winner,
      double number,
      ColourScale scale,
      String title,
      TrialView linked,
      String text,
      String remark) {
    return "<td%s style=\"background:%s;color:%s\" title=\"%s\"><a href=\"#trial-%s\">%s</a>%s</td>"
        .formatted(
            winner ? " class=\"winner\"" : "",
            scale.colour(number),
            scale.ink(number),
            Html.escape(title),
            linked.config().id(),
            text,
            winner ? "<small>★ best</small>" : remark);
  }

  private static String broken(TrialView trial) {
    return trial.broken().isEmpty() ? "" : "<small>constraint</small>";
  }

  private void legend(StringBuilder out, ColourScale scale) {
    out.append("<p class=\"legend\">")
        .append(Html.escape(MetricNames.label(metric)))
        .append(": ")
        .append(Numbers.text(scale.best()))
        .append(" <span class=\"ramp\">");
    for (int i = 0; i <= STEPS; i++) {
      out.append("<i style=\"background:")
          .append(ColourScale.colourAt(i / (double) STEPS))
          .append("\"></i>");
    }
    out.append("</span> ")
        .append(Numbers.text(scale.worst()))
        .append(scale.logarithmic() ? ", steps of colour are ratios" : "")
        .append(
            ". Darker is better; hatched was ended early, <em>constraint</em> breaks one.</p>\n");
  }
}
