package io.espalier.coordinator.pruning;

import java.util.List;

/** Percentiles by linear interpolation, as numpy has them (Hyndman and Fan's type 7). */
final class Percentile {
  private Percentile() {}

  /**
   * @param ascending one value at least; infinite ones are allowed
   * @param percent 0 to 100
   */
  static double of(List<Double> ascending, double percent) {
    double place = percent / 100 * (ascending.size() - 1);
    int low = (int) Math.floor(place);
    int high = Math.min(low + 1, ascending.size() - 1);
    double from = ascending.get(low);
    double to = ascending.get(high);
    double part = place - low;
    if (part == 0 || from == to) {
      return from;
    }
    double step = to - from;
    return part >= 0.5 ? to - step * (1 - part) : from + step * part;
  }
}
