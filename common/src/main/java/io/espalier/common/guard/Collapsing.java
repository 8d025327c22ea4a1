package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/** The loss is back where it began while gradients are far larger than at first. */
final class Collapsing implements UpdateGuard {
  private final Collapse rule;
  private final Recent recent;

  Collapsing(Collapse rule, Baseline baseline) {
    this.rule = rule;
    recent = new Recent(rule.window(), baseline);
  }

  @Override
  public String name() {
    return "collapse";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    if (!recent.add(loss, gradNorm)) {
      return Optional.empty();
    }
    double lossLimit = rule.lossFactor() * recent.firstLoss();
    double normLimit = rule.normFactor() * recent.firstNorm();
    double mean = recent.meanLoss();
    double norm = recent.medianNorm();
    if (mean <= lossLimit || norm <= normLimit) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            mean,
            lossLimit,
            recent.losses(),
            "collapse at update %d: over %d updates mean loss %s > %s × first (%s), median gradient norm %s > %s × first (%s)"
                .formatted(
                    update,
                    recent.updates(),
                    Numbers.text(mean),
                    Numbers.text(rule.lossFactor()),
                    Numbers.text(recent.firstLoss()),
                    Numbers.text(norm),
                    Numbers.text(rule.normFactor()),
                    Numbers.text(recent.firstNorm()))));
  }

  @Override
  public List<Double> memory() {
    return recent.memory();
  }

  @Override
  public void restore(List<Double> memory) {
    recent.restore(memory);
  }
}
