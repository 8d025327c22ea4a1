package io.espalier.coordinator.report;

import io.espalier.coordinator.report.TrialCurves.Point;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Curves over the same places of one axis, as the chart wants them. Where they have too many places
 * the axis is cut into buckets, and of each bucket a curve keeps its least and its greatest value,
 * in the order they came: a spike is never lost.
 *
 * @param x ascending
 * @param y for each curve a value at every x, or empty where it has none
 * @param bucketed whether points were left out
 */
record SharedAxis(List<Double> x, List<List<Optional<Double>>> y, boolean bucketed) {
  static final int BUCKETS = 300;

  static SharedAxis of(List<List<Point>> curves) {
    List<List<Point>> finite =
        curves.stream()
            .map(curve -> curve.stream().filter(p -> Double.isFinite(p.value())).toList())
            .toList();
    var places = new TreeSet<Double>();
    finite.forEach(curve -> curve.forEach(point -> places.add(point.epoch())));
    if (places.size() <= 2 * BUCKETS) {
      return exact(List.copyOf(places), finite);
    }
    double low = places.first();
    double width = (places.last() - low) / BUCKETS;
    var x = new ArrayList<Double>();
    for (int i = 0; i < BUCKETS; i++) {
      x.add(low + (i + 0.25) * width);
      x.add(low + (i + 0.75) * width);
    }
    return new SharedAxis(
        x, finite.stream().map(curve -> extremes(curve, low, width)).toList(), true);
  }

  private static SharedAxis exact(List<Double> x, List<List<Point>> curves) {
    var y = new ArrayList<List<Optional<Double>>>();
    for (List<Point> curve : curves) {
      List<Optional<Double>> values = nothing(x.size());
      for (Point point : curve) {
        values.set(Collections.binarySearch(x, point.epoch()), Optional.of(point.value()));
      }
      y.add(values);
    }
    return new SharedAxis(x, y, false);
  }

  private static List<Optional<Double>> extremes(List<Point> curve, double low, double width) {
    List<Optional<Double>> values = nothing(2 * BUCKETS);
    int from = 0;
    while (from < curve.size()) {
      int bucket = bucket(curve.get(from), low, width);
      int least = from;
      int greatest = from;
      int to = from;
      while (to < curve.size() && bucket(curve.get(to), low, width) == bucket) {
        least = curve.get(to).value() < curve.get(least).value() ? to : least;
        greatest = curve.get(to).value() > curve.get(greatest).value() ? to : greatest;
        to++;
      }
      values.set(2 * bucket, Optional.of(curve.get(Math.min(least, greatest)).value()));
      values.set(2 * bucket + 1, Optional.of(curve.get(Math.max(least, greatest)).value()));
      from = to;
    }
    return values;
  }

  private static int bucket(Point point, double low, double width) {
    return Math.min(BUCKETS - 1, (int) ((point.epoch() - low) / width));
  }

  private static List<Optional<Double>> nothing(int size) {
    return new ArrayList<>(Collections.nCopies(size, Optional.empty()));
  }
}
