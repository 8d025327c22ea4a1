package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.common.metrics.MetricRow;
import io.espalier.coordinator.report.Svg.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** When each trial was trained and how it ended, as a picture. Pure. */
record Timeline(List<Bar> bars) {
  private static final int WIDTH = 1000;
  private static final int LEFT = 10;
  private static final int RIGHT = 20;
  private static final int BOTTOM = 26;
  private static final int MOST_HEIGHT = 420;
  private static final int THICK = 9;
  private static final int TICKS = 6;

  private static final Map<String, String> COLOURS =
      Map.of(
          "completed", "#33526b",
          "early_stopped", "#5b8db8",
          "killed", "#c0392b",
          "failed", "#7b241c",
          "pruned", "#c98a00",
          "stopped", "#8a8f94");

  /** From its first measurement to its last. */
  record Bar(TrialView trial, Instant from, Instant to) {}

  static Timeline of(SweepView view, TrialCurves curves) {
    return new Timeline(
        view.trials().stream()
            .filter(trial -> trial.result().isPresent())
            .filter(trial -> !curves.of(trial.config().id()).isEmpty())
            .map(trial -> bar(trial, curves.of(trial.config().id())))
            .sorted(Comparator.comparing(Bar::from).thenComparing(bar -> bar.trial().config().id()))
            .toList());
  }

  private static Bar bar(TrialView trial, List<MetricRow> rows) {
    Comparator<Instant> order = Comparator.naturalOrder();
    return new Bar(
        trial,
        rows.stream().map(MetricRow::time).min(order).orElseThrow(),
        rows.stream().map(MetricRow::time).max(order).orElseThrow());
  }

  /** Empty without trials. */
  String svg() {
    if (bars.isEmpty()) {
      return "";
    }
    double thick = Math.min(THICK, (double) MOST_HEIGHT / bars.size());
    int height = (int) Math.ceil(thick * bars.size()) + BOTTOM;
    Instant first = bars.get(0).from();
    Instant last = bars.stream().map(Bar::to).max(Comparator.naturalOrder()).orElseThrow();
    double length = Math.max(1, Duration.between(first, last).toMillis());
    var svg = new Svg(WIDTH, height, "When each trial was trained and how it ended");
    for (int i = 0; i <= TICKS; i++) {
      double x = LEFT + (WIDTH - LEFT - RIGHT) * i / (double) TICKS;
      svg.line(new Point(x, 0), new Point(x, height - BOTTOM), "#ddd")
          .text(
              new Point(x, height - 8),
              i == 0 ? "start" : i == TICKS ? "end" : "middle",
              Numbers.clock(Math.round(length * i / TICKS / 1000)));
    }
    double y = 0;
    for (Bar bar : bars) {
      String outcome = SweepTable.outcome(bar.trial());
      String reason = SweepTable.reason(bar.trial());
      double from = x(first, bar.from(), length);
      double to = Math.max(from + 2, x(first, bar.to(), length));
      svg.box(
          new Point(from, y),
          new Point(to, y + 0.8 * thick),
          COLOURS.getOrDefault(outcome, "#8a8f94"),
          1,
          "trial %s %s%s"
              .formatted(
                  bar.trial().config().id(), outcome, reason.isEmpty() ? "" : ": " + reason));
      if (outcome.equals("killed")) {
        svg.dot(new Point(to, y + 0.4 * thick), Math.max(2, 0.5 * thick), "#c0392b");
      }
      y += thick;
    }
    return svg.end();
  }

  private static double x(Instant first, Instant at, double length) {
    return LEFT + Duration.between(first, at).toMillis() / length * (WIDTH - LEFT - RIGHT);
  }
}
