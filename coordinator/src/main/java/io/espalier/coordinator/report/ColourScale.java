package io.espalier.coordinator.report;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import java.util.List;
import java.util.Locale;

/**
 * Colours for values, the best darkest: viridis, whose lightness rises evenly, so that the order is
 * also seen in greyscale. Pure.
 *
 * @param best the finite value that is best
 * @param worst the finite value that is worst
 * @param logarithmic whether steps of colour are ratios: where all values are above 0 and far apart
 */
record ColourScale(double best, double worst, boolean logarithmic) {
  private static final int[][] VIRIDIS = {
    {68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}
  };
  private static final double FAR_APART = 20;

  /** Lines lighter than this part of the scale are not seen on white. */
  private static final double LIGHTEST_LINE = 0.85;

  /** Up to here along the scale white text is read more easily than black. */
  private static final double DARK = 0.55;

  static ColourScale of(Mode mode, List<Double> values) {
    List<Double> finite =
        values.stream().filter(Double::isFinite).sorted(mode.bestFirst()).toList();
    if (finite.isEmpty()) {
      return new ColourScale(0, 0, false);
    }
    double best = finite.get(0);
    double worst = finite.get(finite.size() - 1);
    double least = Math.min(best, worst);
    return new ColourScale(best, worst, least > 0 && Math.max(best, worst) / least >= FAR_APART);
  }

  /** {@code #rrggbb}. */
  String colour(double value) {
    return colourAt(place(value));
  }

  /** A darker one for lines, which are seen on white. */
  String line(double value) {
    return colourAt(LIGHTEST_LINE * place(value));
  }

  /** The colour of text on {@link #colour}. */
  String ink(double value) {
    return place(value) < DARK ? "#fff" : "#111";
  }

  /** From 0, the best, to 1, the worst and all that is not finite. */
  double place(double value) {
    if (!Double.isFinite(value)) {
      return 1;
    }
    if (best == worst) {
      return 0;
    }
    double place =
        logarithmic
            ? Math.log(value / best) / Math.log(worst / best)
            : (value - best) / (worst - best);
    return Math.max(0, Math.min(1, place));
  }

  static String colourAt(double place) {
    double scaled = place * (VIRIDIS.length - 1);
    int low = Math.min((int) scaled, VIRIDIS.length - 2);
    double share = scaled - low;
    int[] rgb = new int[3];
    for (int i = 0; i < 3; i++) {
      rgb[i] = (int) Math.round(VIRIDIS[low][i] * (1 - share) + VIRIDIS[low + 1][i] * share);
    }
    return String.format(Locale.ROOT, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
  }
}
