package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.Overfit;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The evaluation loss has left its best behind while the training loss still falls, several
 * evaluations in a row; or it lies far above the training loss (ALTO, arXiv 2604.05426).
 */
final class Overfitting implements EvaluationGuard {
  private static final String METRIC = "eval_loss";

  private final Overfit rule;
  private final List<Double> worse = new ArrayList<>();
  private double best = Double.POSITIVE_INFINITY;
  private double trainThen = Double.NaN;

  Overfitting(Overfit rule) {
    this.rule = rule;
  }

  @Override
  public String name() {
    return "overfit";
  }

  @Override
  public Optional<Verdict> judge(
      long update, OptionalDouble trainLoss, Map<String, Double> metrics) {
    Double value = metrics.get(METRIC);
    if (value == null || trainLoss.isEmpty()) {
      return Optional.empty();
    }
    double train = trainLoss.getAsDouble();
    if (value < best) {
      best = value;
      trainThen = train;
      worse.clear();
      return Optional.empty();
    }
    boolean risen = !(value <= rule.factor() * best) && train < trainThen;
    boolean apart = (value - train) / train > rule.gap() && value > best;
    if (!risen && !apart) {
      worse.clear();
      return Optional.empty();
    }
    worse.add(value);
    if (worse.size() < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            value,
            best,
            worse,
            "overfit at update %d: eval_loss %s, its best %s, train loss %s (then %s), %d evaluations in a row"
                .formatted(
                    update,
                    Numbers.text(value),
                    Numbers.text(best),
                    Numbers.text(train),
                    Numbers.text(trainThen),
                    worse.size())));
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<>(List.of(best, trainThen));
    memory.addAll(worse);
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    best = memory.get(0);
    trainThen = memory.get(1);
    worse.clear();
    worse.addAll(memory.subList(2, memory.size()));
  }
}
