package io.espalier.coordinator.rangetest;

import io.espalier.common.Numbers;
import io.espalier.coordinator.report.Svg;
import io.espalier.coordinator.report.Svg.Point;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Range tests as a picture: loss over learning rate, which is logarithmic. An SVG file. Pure. */
public record RangePlot(String title, Map<String, RateRange> ranges) {
  private static final int WIDTH = 760;
  private static final int HEIGHT = 440;
  private static final int LEFT = 60;
  private static final int RIGHT = 20;
  private static final int TOP = 50;
  private static final int BOTTOM = 50;
  private static final String GREY = "#ddd";

  /** Told apart by those who see few colours too (Okabe and Ito). */
  private static final List<String> COLOURS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00");

  /** Losses above that share of the first would press the others flat. */
  private static final double HIGHEST = 1.5;

  private static final int LINES = 5;

  public String svg() {
    var svg = new Svg(WIDTH, HEIGHT, title).text(new Point(LEFT, 20), "start", title);
    if (all().findAny().isPresent()) {
      axes(svg);
      int at = 0;
      for (RateRange range : ranges.values()) {
        curve(svg, colour(at++), range);
      }
      legend(svg);
    }
    return svg.end();
  }

  private static String colour(int at) {
    return COLOURS.get(at % COLOURS.size());
  }

  private Stream<RateRange.Step> all() {
    return ranges.values().stream().flatMap(range -> range.steps().stream());
  }

  private double low() {
    return Math.log10(all().mapToDouble(RateRange.Step::rate).min().orElse(1));
  }

  private double high() {
    return Math.log10(all().mapToDouble(RateRange.Step::rate).max().orElse(1));
  }

  private double top() {
    double first =
        ranges.values().stream()
            .filter(range -> !range.smooth().isEmpty())
            .mapToDouble(range -> range.smooth().get(0))
            .max()
            .orElse(1);
    double most =
        ranges.values().stream()
            .flatMap(range -> range.smooth().stream())
            .mapToDouble(x -> x)
            .max()
            .orElse(1);
    return Math.min(most, HIGHEST * first);
  }

  private double x(double rate) {
    double width = Math.max(1e-9, high() - low());
    return LEFT + (Math.log10(rate) - low()) / width * (WIDTH - LEFT - RIGHT);
  }

  private double y(double loss) {
    return TOP + (1 - Math.min(loss, top()) / top()) * (HEIGHT - TOP - BOTTOM);
  }

  private void axes(Svg svg) {
    for (int power = (int) Math.ceil(low() - 1e-9); power <= high() + 1e-9; power++) {
      double x = x(Math.pow(10, power));
      svg.line(new Point(x, TOP), new Point(x, HEIGHT - BOTTOM), GREY)
          .text(new Point(x, HEIGHT - BOTTOM + 18), "middle", "1e" + power);
    }
    for (int i = 0; i <= LINES; i++) {
      double loss = top() * i / LINES;
      svg.line(new Point(LEFT, y(loss)), new Point(WIDTH - RIGHT, y(loss)), GREY)
          .text(
              new Point(LEFT - 8, y(loss) + 4),
              "end",
              Numbers.text(Math.round(loss * 100) / 100.0));
    }
    svg.text(new Point((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10), "middle", "learning rate")
        .text(new Point(LEFT, TOP - 8), "end", "loss");
  }

  private void legend(Svg svg) {
    double top = HEIGHT - BOTTOM - 14 - 16 * ranges.size();
    svg.box(new Point(LEFT + 4, top), new Point(LEFT + 119, HEIGHT - BOTTOM - 4), "#fff", 0.9, "");
    int at = 0;
    for (String name : ranges.keySet()) {
      double y = HEIGHT - BOTTOM - 16.0 * (ranges.size() - at);
      svg.line(new Point(LEFT + 10, y), new Point(LEFT + 35, y), colour(at++))
          .text(new Point(LEFT + 40, y + 4), "start", name);
    }
  }

  private void curve(Svg svg, String colour, RateRange range) {
    svg.path(
            points(range, range.steps().stream().map(RateRange.Step::loss).toList()),
            colour,
            1,
            0.3)
        .path(points(range, range.smooth()), colour, 2.5, 1);
    IntStream.range(0, range.steps().size())
        .filter(at -> range.steps().get(at).rate() == range.steepest().orElse(-1))
        .mapToObj(at -> points(range, range.smooth()).get(at))
        .forEach(place -> svg.dot(place, 5, colour));
  }

  private List<Point> points(RateRange range, List<Double> losses) {
    return IntStream.range(0, losses.size())
        .mapToObj(at -> new Point(x(range.steps().get(at).rate()), y(losses.get(at))))
        .toList();
  }
}
