package io.espalier.common.guard;

import java.util.ArrayList;
import java.util.List;

/**
 * The last losses and gradient norms, of some updates and rows at least, beside those that training
 * began with. What is not finite is infinite.
 */
final class Recent {
  private static final int LEAST_ROWS = 16;

  private final Baseline baseline;
  private final int updates;
  private final Window losses;
  private final Window norms;
  private double firstLoss = Double.NaN;
  private double firstNorm = Double.NaN;

  Recent(int window, Baseline baseline) {
    this.baseline = baseline;
    updates = baseline.window(window, LEAST_ROWS);
    losses = new Window(updates);
    norms = new Window(updates);
  }

  /** Returns whether the windows are full and there is a first update to compare them with. */
  boolean add(double loss, double norm) {
    boolean begins = !losses.full();
    losses.add(worst(loss));
    norms.add(worst(norm));
    // The first update is measured on the untouched weights, so nothing can have inflated it.
    if (Double.isNaN(firstLoss) && Double.isFinite(loss) && Double.isFinite(norm)) {
      firstLoss = loss;
      firstNorm = norm * ofHarderRows(loss);
    }
    if (begins && losses.full()) {
      firstNorm = Math.max(firstNorm, norms.median());
    }
    return losses.full() && !Double.isNaN(firstLoss);
  }

  /**
   * How much larger the gradient of rows would be that are as hard as all are on average. A token
   * that is predicted with probability p has the loss −ln p and a gradient of about 1 − p.
   */
  private double ofHarderRows(double loss) {
    double gradient = 1 - Math.exp(-loss);
    double average = 1 - Math.exp(-baseline.loss().orElse(loss));
    return gradient > 0 ? Math.max(1, average / gradient) : 1;
  }

  private static double worst(double value) {
    return Double.isFinite(value) ? value : Double.POSITIVE_INFINITY;
  }

  /** How many updates it looks at. */
  int updates() {
    return updates;
  }

  double firstLoss() {
    return baseline.loss().orElse(firstLoss);
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
