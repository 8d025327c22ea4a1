package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.LossSpike;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** LLM Foundry's rule: loss high above the mean of the last updates, several times in a row. */
final class SpikingLoss implements UpdateGuard {
  private final LossSpike rule;
  private final Window losses;
  private int spikes;

  SpikingLoss(LossSpike rule) {
    this.rule = rule;
    losses = new Window(rule.window());
  }

  @Override
  public String name() {
    return "loss_spike";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    double threshold = rule.factor() * losses.mean();
    List<Double> before = losses.values();
    boolean judged = losses.full();
    if (Double.isFinite(loss)) {
      losses.add(loss);
    }
    // Not "loss >= threshold": a NaN must count as a spike.
    spikes = judged && !(loss < threshold) ? spikes + 1 : 0;
    if (spikes < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            loss,
            threshold,
            before,
            "loss_spike at update %d: loss %s ≥ %s × mean of the last %d (%s), %d in a row"
                .formatted(
                    update,
                    Numbers.text(loss),
                    Numbers.text(rule.factor()),
                    rule.window(),
                    Numbers.text(threshold / rule.factor()),
                    spikes)));
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<Double>();
    memory.add((double) spikes);
    memory.addAll(losses.values());
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    spikes = memory.get(0).intValue();
    losses.restore(memory.subList(1, memory.size()));
  }
}
