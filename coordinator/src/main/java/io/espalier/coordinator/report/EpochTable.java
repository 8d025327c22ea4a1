package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One trial by its evaluations: where it was better, and where it began to forget. Pure.
 *
 * @param rows one for each evaluation and one for the end
 */
record EpochTable(List<String> headings, List<List<String>> rows) {
  static final String REMARK = "Train loss is the mean over the updates since the row above.";

  /** What was measured at one update. */
  private static final class Stop {
    private double epoch;
    private double lossSum;
    private int updates;
    private double learningRate = Double.NaN;
    private final Map<String, Double> metrics = new HashMap<>();
  }

  static EpochTable of(TrialView trial, TrialCurves curves) {
    List<MetricRow> measured = curves.of(trial.config().id());
    var headings = new ArrayList<String>(List.of("epoch", "update", "learning rate", "train loss"));
    var cells = new ArrayList<List<String>>();
    if (!measured.isEmpty()) {
      TreeMap<Long, Stop> stops = stops(measured);
      var names = new TreeSet<String>();
      stops.values().forEach(stop -> names.addAll(stop.metrics.keySet()));
      List<String> metrics = MetricNames.inOrder(names);
      metrics.forEach(metric -> headings.add(MetricNames.label(metric)));
      stops.forEach((update, stop) -> cells.add(row(update, stop, metrics)));
    }
    return new EpochTable(headings, cells);
  }

  /**
   * The same with values instead of texts, each row by name; what was not measured is not in it.
   */
  static List<Map<String, Object>> values(TrialView trial, TrialCurves curves) {
    List<MetricRow> measured = curves.of(trial.config().id());
    var rows = new ArrayList<Map<String, Object>>();
    if (measured.isEmpty()) {
      return rows;
    }
    stops(measured)
        .forEach(
            (update, stop) -> {
              var row = new LinkedHashMap<String, Object>();
              row.put("epoch", stop.epoch);
              row.put("update", update);
              if (stop.updates > 0) {
                row.put("learning_rate", stop.learningRate);
                row.put(MetricNames.TRAIN_LOSS, stop.lossSum / stop.updates);
              }
              MetricNames.inOrder(stop.metrics.keySet())
                  .forEach(name -> row.put(name, stop.metrics.getOrDefault(name, Double.NaN)));
              rows.add(row);
            });
    return rows;
  }

  /** Ends in a line feed. */
  String text() {
    return rows.isEmpty()
        ? "Nothing has been measured yet.\n"
        : new TextTable(headings.stream().map(Column::right).toList(), rows).text() + REMARK + "\n";
  }

  String html() {
    if (rows.isEmpty()) {
      return Html.element("p", "Nothing has been measured yet.");
    }
    var out = new StringBuilder("<div class=\"wide\"><table class=\"epochs\">\n<thead><tr>");
    headings.forEach(heading -> out.append(Html.element("th", heading)));
    out.append("</tr></thead>\n<tbody>\n");
    for (List<String> row : rows) {
      out.append("<tr>");
      row.forEach(cell -> out.append("<td class=\"n\">").append(Html.escape(cell)).append("</td>"));
      out.append("</tr>\n");
    }
    return out.append("</tbody></table></div>\n")
        .append("<p class=\"legend\">")
        .append(REMARK)
        .append("</p>\n")
        .toString();
  }

  private static List<String> row(long update, Stop stop, List<String> metrics) {
    var row = new ArrayList<String>();
    row.add(Numbers.text(stop.epoch));
    row.add(Long.toString(update));
    row.add(stop.updates == 0 ? "–" : Numbers.text(stop.learningRate));
    row.add(stop.updates == 0 ? "–" : Numbers.text(stop.lossSum / stop.updates));
    for (String metric : metrics) {
      Double value = stop.metrics.get(metric);
      row.add(value == null ? "–" : Numbers.text(value));
    }
    return row;
  }

  private static TreeMap<Long, Stop> stops(List<MetricRow> rows) {
    var stops = new TreeMap<Long, Stop>();
    for (MetricRow row : rows) {
      if (row.measurement() instanceof Measurement.Evaluation evaluation) {
        Stop stop = stops.computeIfAbsent(row.update(), update -> new Stop());
        stop.epoch = row.epoch();
        stop.metrics.put(evaluation.name(), evaluation.value());
      }
    }
    MetricRow last = rows.get(rows.size() - 1);
    stops.computeIfAbsent(last.update(), update -> new Stop()).epoch = last.epoch();
    for (MetricRow row : rows) {
      if (row.measurement() instanceof Measurement.Update update) {
        Stop stop = stops.ceilingEntry(row.update()).getValue();
        stop.lossSum += update.trainLoss();
        stop.updates++;
        stop.learningRate = update.learningRate();
      }
    }
    return stops;
  }
}
