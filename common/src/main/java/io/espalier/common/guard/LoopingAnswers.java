package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Looping;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Answers say the same again and again, or what was trained on, at several evaluations in a row
 * that generate some.
 */
final class LoopingAnswers implements EvaluationGuard {
  private final Looping rule;
  private final List<Double> high = new ArrayList<>();

  LoopingAnswers(Looping rule) {
    this.rule = rule;
  }

  @Override
  public String name() {
    return "looping";
  }

  @Override
  public Optional<Verdict> judge(
      long update, OptionalDouble trainLoss, Map<String, Double> metrics) {
    Optional<Map.Entry<String, Double>> worst =
        metrics.entrySet().stream()
            .filter(metric -> Looping.METRICS.stream().anyMatch(metric.getKey()::endsWith))
            .max(Map.Entry.comparingByValue());
    if (worst.isEmpty()) {
      return Optional.empty();
    }
    double value = worst.get().getValue();
    if (value < rule.share()) {
      high.clear();
      return Optional.empty();
    }
    high.add(value);
    if (high.size() < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            value,
            rule.share(),
            high,
            "looping at update %d: %s %s ≥ %s, %d evaluations in a row"
                .formatted(
                    update,
                    worst.get().getKey(),
                    Numbers.text(value),
                    Numbers.text(rule.share()),
                    high.size())));
  }

  @Override
  public List<Double> memory() {
    return List.copyOf(high);
  }

  @Override
  public void restore(List<Double> memory) {
    high.clear();
    high.addAll(memory);
  }
}
