package io.espalier.common.guard;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec.GradientSpike;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The gradient norm is an outlier several times in a row: above a multiple of the median of the
 * updates before, and by its robust z-score, (norm − median) ÷ (1.4826 × median absolute
 * deviation).
 */
final class SpikingGradient implements UpdateGuard {
  /** Of a normal distribution the deviation is so many times the median one. */
  private static final double NORMAL = 1.4826;

  private final GradientSpike rule;
  private final Window norms;
  private int spikes;

  SpikingGradient(GradientSpike rule) {
    this.rule = rule;
    norms = new Window(rule.window());
  }

  @Override
  public String name() {
    return "gradient_spike";
  }

  @Override
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    double median = norms.median();
    double limit =
        Math.max(rule.factor() * median, median + rule.zScore() * NORMAL * norms.medianDeviation());
    List<Double> before = norms.values();
    boolean judged = norms.full();
    if (Double.isFinite(gradNorm)) {
      norms.add(gradNorm);
    }
    // A NaN must count as a spike.
    spikes = judged && !(gradNorm <= limit) ? spikes + 1 : 0;
    if (spikes < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            name(),
            update,
            gradNorm,
            limit,
            before,
            "gradient_spike at update %d: gradient norm %s > %s, from the last %d (median %s), %d in a row"
                .formatted(
                    update,
                    Numbers.text(gradNorm),
                    Numbers.text(limit),
                    rule.window(),
                    Numbers.text(median),
                    spikes)));
  }

  @Override
  public List<Double> memory() {
    var memory = new ArrayList<Double>();
    memory.add((double) spikes);
    memory.addAll(norms.values());
    return memory;
  }

  @Override
  public void restore(List<Double> memory) {
    spikes = memory.get(0).intValue();
    norms.restore(memory.subList(1, memory.size()));
  }
}
