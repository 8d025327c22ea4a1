package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Divergence;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loss rises for good: its moving average stays above a multiple of its own lowest, and above
 * the loss that training began with.
 */
final class Diverging implements UpdateGuard {
  private static final int LEAST_ROWS = 64;

  /** Times the first loss: an average of few rows is above that by chance. */
  private static final double ABOVE_FIRST = 1.1;

  /** The weight of a moving average once it is over as many updates as it is meant to be. */
  private static final double SETTLED = 0.85;

  private final Divergence rule;
  private final Baseline baseline;
  private final int updates;

  private final Window averages;
  private double first = Double.NaN;
  private double sum;
  private double weight;
  private double lowest = Double.POSITIVE_INFINITY;
  private int above;

  Diverging(Divergence rule, Baseline baseline) {
    this.rule = rule;
    this.baseline = baseline;
    updates = baseline.window(rule.window(), LEAST_ROWS);
    averages = new Window(rule.patience());
  }

  @Override
  public String name() {
    return "divergence";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    if (Double.isNaN(first) && Double.isFinite(loss)) {
      first = loss;
    }
    double fresh = 2.0 / (updates + 1);
    double average = Double.POSITIVE_INFINITY;
    // What is not finite counts as above, and leaves no trace in the average.
    if (Double.isFinite(loss)) {
      sum = (1 - fresh) * sum + fresh * loss;
      weight = (1 - fresh) * weight + fresh;
      average = sum / weight;
      // One of few updates is low by chance.
      if (weight >= SETTLED) {
        lowest = Math.min(lowest, average);
      }
    }
    averages.add(average);
    double start = baseline.loss().orElse(first);
    double limit = Math.max(rule.factor() * lowest, ABOVE_FIRST * start);
    above = average > limit || Double.isInfinite(average) ? above + 1 : 0;
    if (above < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            average,
            limit,
            averages.values(),
            "divergence at update %d: the loss's moving average %s > %s × its lowest (%s) and > %s × the first loss (%s), %d updates in a row"
                .formatted(
                    update,
                    Numbers.text(average),
                    Numbers.text(rule.factor()),
                    Numbers.text(lowest),
                    Numbers.text(ABOVE_FIRST),
                    Numbers.text(start),
                    above)));
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<>(List.of(first, sum, weight, lowest, (double) above));
    memory.addAll(averages.values());
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    first = memory.get(0);
    sum = memory.get(1);
    weight = memory.get(2);
    lowest = memory.get(3);
    above = memory.get(4).intValue();
    averages.restore(memory.subList(5, memory.size()));
  }
}
