package io.espalier.common.guard;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/** The last numbers of a series, oldest first. */
final class Window {
  private final int size;
  private final Deque<Double> values = new ArrayDeque<>();

  Window(int size) {
    this.size = size;
  }

  void add(double value) {
    if (full()) {
      values.removeFirst();
    }
    values.addLast(value);
  }

  boolean full() {
    return values.size() == size;
  }

  /** NaN when empty. */
  double mean() {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Takes up a series where another window left it. */
  void restore(List<Double> others) {
    values.clear();
    others.forEach(this::add);
  }

  List<Double> values() {
    return List.copyOf(values);
  }

  /** NaN when empty. */
  double median() {
    return median(values);
  }

  /** Half of the values are no further from their median. */
  double medianDeviation() {
    double middle = median();
    return median(values.stream().map(value -> Math.abs(value - middle)).toList());
  }

  private static double median(Collection<Double> numbers) {
    double[] sorted = numbers.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
