package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The loss rose above its first and has hardly come down, and there is no gradient left that could
 * bring it down: what too large updates leave of an adapter that never became NaN. A training that
 * learns has small gradients only where its loss is small.
 */
final class VanishingGradient implements UpdateGuard {
  private final GuardSpec.VanishingGradient rule;
  private final Recent recent;
  private boolean risen;

  VanishingGradient(GuardSpec.VanishingGradient rule, Baseline baseline) {
    this.rule = rule;
    recent = new Recent(rule.window(), baseline);
  }

  @Override
  public String name() {
    return "vanishing_gradient";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    if (!recent.add(loss, gradNorm)) {
      return Optional.empty();
    }
    double mean = recent.meanLoss();
    double norm = recent.medianNorm();
    risen = risen || mean > recent.firstLoss();
    double normLimit = rule.normFactor() * recent.firstNorm();
    if (!risen || mean <= rule.lossFactor() * recent.firstLoss() || norm >= normLimit) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            norm,
            normLimit,
            recent.losses(),
            "vanishing_gradient at update %d: over %d updates median gradient norm %s < %s × first (%s) at mean loss %s, first %s"
                .formatted(
                    update,
                    recent.updates(),
                    Numbers.text(norm),
                    Numbers.text(rule.normFactor()),
                    Numbers.text(recent.firstNorm()),
                    Numbers.text(mean),
                    Numbers.text(recent.firstLoss()))));
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<Double>();
    memory.add(risen ? 1.0 : 0.0);
    memory.addAll(recent.memory());
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    risen = memory.get(0) > 0;
    recent.restore(memory.subList(1, memory.size()));
  }
}
