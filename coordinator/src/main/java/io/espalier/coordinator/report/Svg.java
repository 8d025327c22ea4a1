package io.espalier.coordinator.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A picture as SVG, element by element; every text in it is escaped. */
public final class Svg {
  private final StringBuilder out = new StringBuilder();

  /**
   * @param label what it shows, for those who do not see it
   */
  public Svg(int width, int height, String label) {
    out.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\" font-family=\"sans-serif\" font-size=\"12\">\n"
            .formatted(width, height, Html.escape(label)));
    out.append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
  }

  /** A place, from the upper left corner. */
  public record Point(double x, double y) {}

  public Svg line(Point from, Point to, String colour) {
    out.append(
        number(
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n",
            from.x(), from.y(), to.x(), to.y(), colour));
    return this;
  }

  /**
   * A text with a white rim, so that it is read on lines too.
   *
   * @param anchor where the place is of it: {@code start}, {@code middle} or {@code end}
   */
  public Svg text(Point at, String anchor, String text) {
    out.append(
        number(
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\">%s</text>\n",
            at.x(), at.y(), anchor, Html.escape(text)));
    return this;
  }

  public Svg path(List<Point> points, String colour, double width, double opacity) {
    return path(points, colour, width, opacity, "");
  }

  /**
   * @param title shown where one points at it
   */
  public Svg path(List<Point> points, String colour, double width, double opacity, String title) {
    String places =
        points.stream()
            .map(point -> number("%.1f,%.1f", point.x(), point.y()))
            .collect(Collectors.joining(" "));
    out.append(
        number(
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" opacity=\"%.2f\">%s</polyline>\n",
            places, colour, width, opacity, titled(title)));
    return this;
  }

  public Svg dot(Point at, double radius, String colour) {
    out.append(
        number(
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>\n",
            at.x(), at.y(), radius, colour));
    return this;
  }

  /**
   * @param title shown where one points at it
   */
  public Svg box(Point from, Point to, String colour, double opacity, String title) {
    out.append(
        number(
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" opacity=\"%.2f\">%s</rect>\n",
            from.x(),
            from.y(),
            to.x() - from.x(),
            to.y() - from.y(),
            colour,
            opacity,
            titled(title)));
    return this;
  }

  private static String titled(String title) {
    return title.isEmpty() ? "" : Html.element("title", title);
  }

  private static String number(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** The whole picture. */
  public String end() {
    return out + "</svg>\n";
  }
}
