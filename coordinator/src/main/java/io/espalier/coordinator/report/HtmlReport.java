package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.coordinator.diagnosis.Diagnosis;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All that came out of a sweep as one HTML file: it loads nothing, and every text of the sweep is
 * escaped. Reads its style, its script and the charting library from the class path, else pure.
 */
public record HtmlReport(SweepView view, TrialCurves curves, ReportPlaces places) {
  /** Where the charting library lies in the class path. */
  public static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/";

  /** Where the scripts that the console has too lie there. */
  public static final String SCRIPTS = "/io/espalier/coordinator/report/";

  /** As below, with nothing to advise. */
  public String html(Optional<TrialView> chosen) {
    return html(chosen, List.of());
  }

  /**
   * The whole file.
   *
   * @param chosen the trial to show by epoch; else the best
   * @param advice sentences on the best trial
   */
  public String html(Optional<TrialView> chosen, List<String> advice) {
    var out = new StringBuilder();
    out.append(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        """);
    out.append(Html.element("title", view.id() + " · espalier")).append('\n');
    out.append("<style>\n")
        .append(Html.resource(UPLOT + "dist/uPlot.min.css"))
        .append(Html.resource("report.css"))
        .append("</style>\n</head>\n<body>\n");
    header(out);
    if (!view.trials().isEmpty()) {
      winner(out, advice);
      heatMaps(out);
      seeds(out);
      picture(
          out,
          "Parallel coordinates",
          "Each line is a trial: darker is better by the objective, thick is the best, red has no"
              + " value of it.",
          ParallelCoordinates.of(view).svg());
      charts(out);
      picture(
          out,
          "When trials were trained",
          "From the first measurement to the last, mm:ss since the first of all: blue completed,"
              + " red killed, yellow pruned. Point at one to see its trial and reason.",
          Timeline.of(view, curves).svg());
      Winner.of(view, places).ifPresent(winner -> steps(out, winner));
      chosen
          .or(() -> Winner.of(view, places).map(Winner::trial))
          .ifPresent(trial -> byEpoch(out, trial));
      table(out);
      details(out);
    }
    out.append("</body>\n</html>\n");
    return out.toString();
  }

  private void header(StringBuilder out) {
    Header header = Header.of(view);
    out.append("<header>\n").append(Html.element("h1", view.id().value()));
    out.append("<p>").append(Html.element("b", SweepTable.stateWords(view)));
    header
        .outcomes()
        .forEach(
            (outcome, count) ->
                out.append(
                    " <span class=\"count %s\">%d %s</span>".formatted(outcome, count, outcome)));
    out.append("</p>\n").append(Html.element("p", header.times())).append('\n');
    view.warnings().forEach(warning -> out.append(Html.element("p", warning)).append('\n'));
    out.append(Html.element("p", header.data()));
    Stream.of(header.base(), header.savings())
        .filter(line -> !line.isEmpty())
        .forEach(line -> out.append(Html.element("p", line)));
    out.append("\n</header>\n");
  }

  private void winner(StringBuilder out, List<String> advice) {
    Optional<Winner> found = Winner.of(view, places);
    if (found.isEmpty()) {
      out.append(Html.element("p", SweepReport.noWinner(view)));
      return;
    }
    TrialView trial = found.get().trial();
    out.append("<section>\n<h2>Best: trial ").append(trial.config().id()).append("</h2>\n<p>");
    trial
        .config()
        .point()
        .forEach((key, value) -> out.append(Html.element("code", key + " = " + value)).append(' '));
    out.append("</p>\n<dl>");
    SweepReport.numbers(trial)
        .forEach(
            (label, number) ->
                out.append(
                    "<div>" + Html.element("dt", label) + Html.element("dd", number) + "</div>"));
    out.append("</dl>\n");
    if (!trial.broken().isEmpty()) {
      out.append(Html.element("p", "Though " + String.join(" and ", trial.broken()) + "."));
    }
    advice.forEach(line -> out.append(Html.element("p", line)).append('\n'));
    out.append("<details><summary>Its whole configuration and provenance</summary>")
        .append(Html.element("pre", all(trial)))
        .append("</details>\n</section>\n");
  }

  private void heatMaps(StringBuilder out) {
    Optional<PivotGrid> grid = PivotGrid.of(view.trials());
    if (grid.isEmpty()) {
      return;
    }
    ObjectiveSpec objective = view.objective();
    out.append("<section>\n")
        .append(
            Html.element(
                "h2",
                "%s by %s and %s"
                    .formatted(
                        MetricNames.label(objective.metric()),
                        grid.get().rowKey(),
                        grid.get().columnKey())))
        .append(new HeatMap(view, grid.get(), objective.metric(), objective.mode()).html());
    for (String metric : MetricNames.main(view)) {
      if (!metric.equals(objective.metric())) {
        out.append("<details>")
            .append(Html.element("summary", MetricNames.label(metric)))
            .append(new HeatMap(view, grid.get(), metric, MetricNames.mode(metric)).html())
            .append("</details>\n");
      }
    }
    out.append("</section>\n");
  }

  private static void picture(StringBuilder out, String title, String legend, String svg) {
    if (!svg.isEmpty()) {
      out.append("<section>\n")
          .append(Html.element("h2", title))
          .append("<p class=\"legend\">" + Html.escape(legend) + "</p>\n")
          .append(svg)
          .append("</section>\n");
    }
  }

  private void seeds(StringBuilder out) {
    SeedTable seeds = SeedTable.of(view);
    if (!seeds.rows().isEmpty()) {
      out.append("<section>\n<h2>Mean ± standard deviation over seeds</h2>\n")
          .append(seeds.html())
          .append("</section>\n");
    }
  }

  private void charts(StringBuilder out) {
    Charts charts = Charts.of(view, curves);
    if (charts.charts().isEmpty()) {
      return;
    }
    out.append(
        """
        <section>
        <h2>Curves</h2>
        <p class="legend">Darker is better by the objective, thick is the best trial, dashed with ×
        was ended early. Point at a line to see its trial; drag to zoom, double-click to see all;
        smooth draws running means.\
        """);
    charts.remarks().forEach(remark -> out.append(' ').append(Html.escape(remark)));
    out.append("</p>\n<div id=\"charts\"></div>\n</section>\n");
    out.append("<script id=\"curves\" type=\"application/json\">")
        // In a script element only this could end it; JSON has it nowhere but in texts.
        .append(ViewJson.line(charts.charts()).replace("<", "\\u003c"))
        .append("</script>\n<script>\n/*\n")
        .append(Html.resource(UPLOT + "LICENSE"))
        .append("*/\n")
        .append(Html.resource(UPLOT + "dist/uPlot.iife.min.js"))
        .append("</script>\n<script>\n(() => {\n\"use strict\";\n");
    Stream.of("format.js", "curves.js", "report.js").map(HtmlReport::script).forEach(out::append);
    out.append("})();\n</script>\n");
  }

  /** One of the texts that are modules elsewhere, as a part of one script. */
  private static String script(String name) {
    return Html.resource(name).replaceAll("(?m)^import .*\\R", "").replaceAll("(?m)^export ", "");
  }

  private void steps(StringBuilder out, Winner winner) {
    if (winner.steps().isEmpty()) {
      return;
    }
    out.append("<section>\n")
        .append(Html.element("h2", "To use trial " + winner.trial().config().id()));
    for (Winner.Step step : winner.steps()) {
      out.append(Html.element("p", step.purpose() + ":")).append(Html.element("pre", step.code()));
    }
    out.append("</section>\n");
  }

  private void byEpoch(StringBuilder out, TrialView trial) {
    out.append("<section>\n")
        .append(Html.element("h2", "Trial %s by epoch".formatted(trial.config().id())))
        .append(EpochTable.of(trial, curves).html())
        .append("</section>\n");
  }

  private void table(StringBuilder out) {
    Set<String> space = new LinkedHashSet<>();
    view.trials().forEach(trial -> space.addAll(trial.config().point().keySet()));
    Set<String> all = new LinkedHashSet<>(MetricNames.main(view));
    all.addAll(MetricNames.inOrder(new TreeSet<>(MetricNames.measured(view))));
    List<String> metrics = List.copyOf(all);
    out.append(
        "<section>\n<h2>Trials</h2>\n<div class=\"wide\"><table class=\"trials\">\n<thead><tr><th>rank</th><th>trial</th>");
    space.forEach(key -> out.append("<th>" + Html.escape(key).replace("_", "_<wbr>") + "</th>"));
    metrics.forEach(metric -> out.append(Html.element("th", MetricNames.label(metric))));
    out.append("<th>outcome</th><th>curve</th><th>reason</th></tr></thead>\n<tbody>\n");
    Map<TrialView, Diagnosis> diagnoses = SweepReport.diagnoses(view, curves);
    for (TrialView trial : Ranking.order(view.objective(), view.trials())) {
      var cells = new ArrayList<String>();
      cells.add(trial.rank().isPresent() ? Integer.toString(trial.rank().getAsInt()) : "–");
      cells.add(trial.config().id().toString());
      space.forEach(key -> cells.add(trial.config().point().getOrDefault(key, "–")));
      for (String metric : metrics) {
        OptionalDouble value = Ranking.value(metric, trial);
        cells.add(value.isPresent() ? Numbers.text(value.getAsDouble()) : "–");
      }
      String outcome = SweepTable.outcome(trial);
      out.append("<tr class=\"%s\">".formatted(outcome));
      cells.forEach(cell -> out.append("<td class=\"n\">" + Html.escape(cell) + "</td>"));
      out.append(Html.element("td", outcome))
          .append(curve(Optional.ofNullable(diagnoses.get(trial))))
          .append(Html.element("td", SweepTable.reason(trial)))
          .append("</tr>\n");
    }
    out.append("</tbody></table></div>\n</section>\n");
  }

  /** What its curve says; by what, and what to do, where one points at it. */
  private static String curve(Optional<Diagnosis> diagnosis) {
    return diagnosis
        .map(
            found -> {
              String advice = found.finding().advice();
              return "<td title=\"%s\">%s</td>"
                  .formatted(
                      Html.escape(found.numbers() + (advice.isEmpty() ? "" : ": " + advice)),
                      Html.escape(found.finding().words()));
            })
        .orElse("<td></td>");
  }

  private void details(StringBuilder out) {
    out.append("<section>\n<h2>Configurations and provenance</h2>\n");
    view.settings()
        .ifPresent(
            shared ->
                out.append("<details><summary>What all trials share</summary>")
                    .append(Html.element("pre", ViewJson.write(shared)))
                    .append("</details>\n"));
    for (TrialView trial : view.trials()) {
      out.append("<details id=\"trial-%s\"><summary>".formatted(trial.config().id()))
          .append(
              Html.escape("trial %s: %s".formatted(trial.config().id(), SweepTable.outcome(trial))))
          .append("</summary>")
          .append(Html.element("pre", all(trial)))
          .append("</details>\n");
    }
    out.append("</section>\n");
  }

  private static String all(TrialView trial) {
    return lines(Configuration.of(trial.config())) + "\n\n" + lines(TrainedBy.of(trial));
  }

  private static String lines(Map<String, String> entries) {
    return entries.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("\n"));
  }
}
