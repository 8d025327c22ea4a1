package io.espalier.common.guard;

import java.util.ArrayList;
import java.util.List;

/** The last losses and gradient norms beside the first ones. What is not finite is infinite. */
final class Recent {
  private final Window losses;
  private final Window norms;
  private double firstLoss = Double.NaN;
  private double firstNorm = Double.NaN;

  Recent(int window) {
    losses = new Window(window);
    norms = new Window(window);
  }

  /** Returns whether the windows are full and there is a first update to compare them with. */
  boolean add(double loss, double norm) {
    losses.add(worst(loss));
    norms.add(worst(norm));
    // The first update is measured on the untouched weights, so nothing can have inflated it.
    if (Double.isNaN(firstLoss) && Double.isFinite(loss) && Double.isFinite(norm)) {
      firstLoss = loss;
      firstNorm = norm;
    }
    return losses.full() && !Double.isNaN(firstLoss);
  }

  private static double worst(double value) {
    return Double.isFinite(value) ? value : Double.POSITIVE_INFINITY;
  }

  double firstLoss() {
    return firstLoss;
  }

  double firstNorm() {
    return firstNorm;
  }

  double meanLoss() {
    return losses.mean();
  }

  double medianNorm() {
    return norms.median();
  }

  List<Double> losses() {
    return losses.values();
  }

  List<Double> memory() {
    var memory = new ArrayList<>(List.of(firstLoss, firstNorm));
    memory.addAll(losses.values());
    memory.addAll(norms.values());
    return memory;
  }

  void restore(List<Double> memory) {
    firstLoss = memory.get(0);
    firstNorm = memory.get(1);
    int half = (memory.size() - 2) / 2;
    losses.restore(memory.subList(2, 2 + half));
    norms.restore(memory.subList(2 + half, memory.size()));
  }
}
