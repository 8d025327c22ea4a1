package io.espalier.worker.train;

import java.util.ArrayDeque;
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
}
