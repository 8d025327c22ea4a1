package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The loss is back where it began while gradients are far larger than at first. */
final class Collapsing implements UpdateGuard {
  private final Collapse rule;
  private final Window losses;
  private final Window norms;
  private double firstLoss = Double.NaN;
  private double firstNorm = Double.NaN;

  Collapsing(Collapse rule) {
    this.rule = rule;
    losses = new Window(rule.window());
    norms = new Window(rule.window());
  }

  @Override
  public String name() {
    return "collapse";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    losses.add(worst(loss));
    norms.add(worst(gradNorm));
    // The first update is measured on the untouched weights, so nothing can have inflated it.
    if (Double.isNaN(firstLoss) && Double.isFinite(loss) && Double.isFinite(gradNorm)) {
      firstLoss = loss;
      firstNorm = gradNorm;
    }
    if (!losses.full() || Double.isNaN(firstLoss)) {
      return Optional.empty();
    }
    double lossLimit = rule.lossFactor() * firstLoss;
    double normLimit = rule.normFactor() * firstNorm;
    double mean = losses.mean();
    double norm = norms.median();
    if (mean <= lossLimit || norm <= normLimit) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            mean,
            lossLimit,
            losses.values(),
            "collapse at update %d: over %d updates mean loss %s > %s × first (%s), median gradient norm %s > %s × first (%s)"
                .formatted(
                    update,
                    rule.window(),
                    Numbers.text(mean),
                    Numbers.text(rule.lossFactor()),
                    Numbers.text(firstLoss),
                    Numbers.text(norm),
                    Numbers.text(rule.normFactor()),
                    Numbers.text(firstNorm))));
  }

  private static double worst(double value) {
    return Double.isFinite(value) ? value : Double.POSITIVE_INFINITY;
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<>(List.of(firstLoss, firstNorm));
    memory.addAll(losses.values());
    memory.addAll(norms.values());
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    firstLoss = memory.get(0);
    firstNorm = memory.get(1);
    int half = (memory.size() - 2) / 2;
    losses.restore(memory.subList(2, 2 + half));
    norms.restore(memory.subList(2 + half, memory.size()));
  }
}
