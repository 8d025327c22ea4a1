package io.espalier.coordinator.rangetest;

import io.espalier.common.Numbers;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
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

  /** Told apart by those who see few colours too (Okabe and Ito). */
  private static final List<String> COLOURS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00");

  /** Losses above that share of the first would press the others flat. */
  private static final double HIGHEST = 1.5;

  private static final int LINES = 5;

  public String svg() {
    var out = new StringBuilder();
    out.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
        <rect width="100%%" height="100%%" fill="#fff"/>
        <text x="%d" y="20" font-size="14">%s</text>
        """
            .formatted(WIDTH, HEIGHT, LEFT, escaped(title)));
    if (all().findAny().isPresent()) {
      axes(out);
      int at = 0;
      for (RateRange range : ranges.values()) {
        curve(out, COLOURS.get(at++ % COLOURS.size()), range);
      }
      legend(out);
    }
    return out.append("</svg>\n").toString();
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

  private void axes(StringBuilder out) {
    for (int power = (int) Math.ceil(low() - 1e-9); power <= high() + 1e-9; power++) {
      double x = x(Math.pow(10, power));
      line(out, x, TOP, x, HEIGHT - BOTTOM, "#ddd");
      text(out, x, HEIGHT - BOTTOM + 18, "middle", "1e" + power);
    }
    for (int i = 0; i <= LINES; i++) {
      double loss = top() * i / LINES;
      line(out, LEFT, y(loss), WIDTH - RIGHT, y(loss), "#ddd");
      text(out, LEFT - 8, y(loss) + 4, "end", Numbers.text(Math.round(loss * 100) / 100.0));
    }
    text(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 10, "middle", "learning rate");
    text(out, LEFT, TOP - 8, "end", "loss");
  }

  private void legend(StringBuilder out) {
    out.append(
        "<rect x=\"%d\" y=\"%d\" width=\"115\" height=\"%d\" fill=\"#fff\" opacity=\"0.9\"/>\n"
            .formatted(
                LEFT + 4, HEIGHT - BOTTOM - 14 - 16 * ranges.size(), 10 + 16 * ranges.size()));
    int at = 0;
    for (String name : ranges.keySet()) {
      double y = HEIGHT - BOTTOM - 16.0 * (ranges.size() - at);
      line(out, LEFT + 10, y, LEFT + 35, y, COLOURS.get(at++ % COLOURS.size()));
      text(out, LEFT + 40, y + 4, "start", name);
    }
  }

  private void curve(StringBuilder out, String colour, RateRange range) {
    path(out, range, range.steps().stream().map(RateRange.Step::loss).toList(), colour, 1, 0.3);
    path(out, range, range.smooth(), colour, 2.5, 1);
    range
        .steepest()
        .ifPresent(
            rate -> {
              double loss =
                  IntStream.range(0, range.steps().size())
                      .filter(i -> range.steps().get(i).rate() == rate)
                      .mapToDouble(i -> range.smooth().get(i))
                      .findFirst()
                      .orElse(0);
              out.append(
                  number(
                      "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"/>\n",
                      x(rate), y(loss), colour));
            });
  }

  private void path(
      StringBuilder out,
      RateRange range,
      List<Double> losses,
      String colour,
      double width,
      double opacity) {
    String points =
        IntStream.range(0, losses.size())
            .mapToObj(i -> number("%.1f,%.1f", x(range.steps().get(i).rate()), y(losses.get(i))))
            .collect(Collectors.joining(" "));
    out.append(
        number(
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" opacity=\"%.1f\"/>\n",
            points, colour, width, opacity));
  }

  private static void line(
      StringBuilder out, double fromX, double fromY, double toX, double toY, String colour) {
    out.append(
        number(
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
            fromX, fromY, toX, toY, colour));
  }

  private static void text(StringBuilder out, double x, double y, String anchor, String text) {
    out.append(
        number(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x, y, anchor, escaped(text)));
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
