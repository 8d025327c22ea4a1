package io.espalier.coordinator.report;

import io.espalier.common.Numbers;
import io.espalier.coordinator.report.Svg.Point;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Each trial as a line through its values and to its objective, as a picture. Pure.
 *
 * @param axes of keys with more than one value, in the spec's order
 */
record ParallelCoordinates(SweepView view, List<Axis> axes) {
  private static final int WIDTH = 1000;
  private static final int HEIGHT = 340;
  private static final int SIDE = 70;
  private static final int TOP = 34;
  private static final int BOTTOM = 16;

  /** More values are not written at an axis. */
  private static final int MOST_LABELS = 12;

  /**
   * A key.
   *
   * @param values in the order of numbers, or as they were tried
   */
  record Axis(String key, List<String> values) {
    /** From 0 at the bottom to 1. */
    double place(String value) {
      return values.indexOf(value) / (values.size() - 1.0);
    }
  }

  static ParallelCoordinates of(SweepView view) {
    Set<String> keys = new LinkedHashSet<>();
    view.trials().forEach(trial -> keys.addAll(trial.config().point().keySet()));
    return new ParallelCoordinates(
        view,
        keys.stream()
            .map(key -> new Axis(key, values(view, key)))
            .filter(axis -> axis.values().size() > 1)
            .toList());
  }

  private static List<String> values(SweepView view, String key) {
    List<String> all =
        view.trials().stream()
            .map(trial -> trial.config().point().getOrDefault(key, "–"))
            .distinct()
            .toList();
    boolean numbers = all.stream().allMatch(Numbers::isNumber);
    return numbers
        ? all.stream().sorted(Comparator.comparingDouble(Double::parseDouble)).toList()
        : all;
  }

  /**
   * Empty with fewer than two axes: a line between a value and a result says no more than a table.
   */
  String svg() {
    if (axes.size() < 2) {
      return "";
    }
    String metric = view.objective().metric();
    ColourScale scale = HeatMap.scale(view.objective().mode(), metric, view.trials());
    var svg = new Svg(WIDTH, HEIGHT, "Each trial as a line through its values");
    List<TrialView> worstFirst = new ArrayList<>(Ranking.order(view.objective(), view.trials()));
    Collections.reverse(worstFirst);
    worstFirst.forEach(trial -> line(svg, trial, metric, scale));
    for (int i = 0; i < axes.size(); i++) {
      axis(svg, x(i), axes.get(i).key(), labels(axes.get(i)));
    }
    axis(
        svg,
        x(axes.size()),
        MetricNames.label(metric),
        List.of(
            new Label(0, scale.worst() == scale.best() ? "" : Numbers.text(scale.worst())),
            new Label(1, Numbers.text(scale.best()))));
    return svg.end();
  }

  private record Label(double place, String text) {}

  private static List<Label> labels(Axis axis) {
    int step = (axis.values().size() - 1) / MOST_LABELS + 1;
    var labels = new ArrayList<Label>();
    for (int i = 0; i < axis.values().size(); i += step) {
      labels.add(new Label(axis.place(axis.values().get(i)), axis.values().get(i)));
    }
    return labels;
  }

  private void axis(Svg svg, double x, String title, List<Label> labels) {
    svg.line(new Point(x, TOP), new Point(x, HEIGHT - BOTTOM), "#8a8f94")
        .text(new Point(x, 16), "middle", title);
    labels.forEach(label -> svg.text(new Point(x - 6, y(label.place()) + 4), "end", label.text()));
  }

  private void line(Svg svg, TrialView trial, String metric, ColourScale scale) {
    OptionalDouble value = Ranking.value(metric, trial);
    boolean measured = value.isPresent() && Double.isFinite(value.getAsDouble());
    var points = new ArrayList<Point>();
    for (int i = 0; i < axes.size(); i++) {
      String own = trial.config().point().getOrDefault(axes.get(i).key(), "–");
      points.add(new Point(x(i), y(axes.get(i).place(own))));
    }
    if (measured) {
      points.add(new Point(x(axes.size()), y(1 - scale.place(value.getAsDouble()))));
    }
    boolean best = trial.rank().orElse(0) == 1;
    svg.path(
        points,
        measured ? scale.line(value.getAsDouble()) : "#c0392b",
        best ? 4 : 1.5,
        measured ? 0.9 : 0.35,
        "trial %s %s".formatted(trial.config().id(), SweepTable.outcome(trial)));
  }

  private double x(int axis) {
    return SIDE + (WIDTH - 2.0 * SIDE) * axis / axes.size();
  }

  private static double y(double place) {
    return HEIGHT - BOTTOM - place * (HEIGHT - BOTTOM - TOP);
  }
}
