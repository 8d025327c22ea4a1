package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.LossCeiling;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;

/**
 * LLM Foundry's other rule: much of a window of losses is above a ceiling, once training is under
 * way.
 */
final class HighLoss implements UpdateGuard {
  private final LossCeiling rule;
  private final Window losses;

  HighLoss(LossCeiling rule) {
    this.rule = rule;
    losses = new Window(rule.window());
  }

  @Override
  public String name() {
    return "loss_ceiling";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    losses.add(Double.isFinite(loss) ? loss : Double.POSITIVE_INFINITY);
    long above = losses.values().stream().filter(value -> value > rule.ceiling()).count();
    if (update <= rule.after() || !losses.full() || above < rule.share() * rule.window()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            loss,
            rule.ceiling(),
            losses.values(),
            "loss_ceiling at update %d: %d of the last %d losses > %s"
                .formatted(update, above, rule.window(), Numbers.text(rule.ceiling()))));
  }

  @Override
  public List<Double> memory() {
    return losses.values();
  }

  @Override
  public void restore(List<Double> memory) {
    losses.restore(memory);
  }
}
