package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Divergence;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loss rises for good: its moving average stays above a multiple of its own lowest, and above
 * the first loss.
 */
final class Diverging implements UpdateGuard {
  private final Divergence rule;
  private final Window averages;
  private double first = Double.NaN;
  private double sum;
  private double weight;
  private double lowest = Double.POSITIVE_INFINITY;
  private int above;

  Diverging(Divergence rule) {
    this.rule = rule;
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
    double fresh = 2.0 / (rule.window() + 1);
    double average = Double.POSITIVE_INFINITY;
    // What is not finite counts as above, and leaves no trace in the average.
    if (Double.isFinite(loss)) {
      sum = (1 - fresh) * sum + fresh * loss;
      weight = (1 - fresh) * weight + fresh;
      average = sum / weight;
      lowest = Math.min(lowest, average);
    }
    averages.add(average);
    double limit = Math.max(rule.factor() * lowest, first);
    above = average > limit ? above + 1 : 0;
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
            "divergence at update %d: the loss's moving average %s > %s × its lowest (%s) and > the first loss (%s), %d updates in a row"
                .formatted(
                    update,
                    Numbers.text(average),
                    Numbers.text(rule.factor()),
                    Numbers.text(lowest),
                    Numbers.text(first),
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
