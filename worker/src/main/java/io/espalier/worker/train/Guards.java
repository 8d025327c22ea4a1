package io.espalier.worker.train;

import io.espalier.common.Numbers;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.GuardSpec.LossSpike;
import io.espalier.common.trial.Verdict;
import io.espalier.worker.checkpoint.Standing;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rules of one branch, told every update's loss and gradient norm before it is applied. A
 * number that is not finite is worse than every finite one in each rule.
 */
final class Guards {
  private final GuardSpec spec;
  private final Window spikeLosses;
  private final Window collapseLosses;
  private final Window collapseNorms;
  private OptionalDouble firstLoss = OptionalDouble.empty();
  private OptionalDouble firstNorm = OptionalDouble.empty();
  private int spikes;
  private double pace = 1;

  Guards(GuardSpec spec) {
    this.spec = spec;
    spikeLosses = new Window(spec.lossSpike().map(LossSpike::window).orElse(1));
    int window = spec.collapse().map(Collapse::window).orElse(1);
    collapseLosses = new Window(window);
    collapseNorms = new Window(window);
  }

  /** What the next verdict depends on. */
  Standing.Rules standing() {
    return new Standing.Rules(
        spikeLosses.values(),
        collapseLosses.values(),
        collapseNorms.values(),
        firstLoss,
        firstNorm,
        spikes,
        pace);
  }

  /** Goes on where others of the same specification stopped. */
  void restore(Standing.Rules earlier) {
    spikeLosses.restore(earlier.spikeLosses());
    collapseLosses.restore(earlier.collapseLosses());
    collapseNorms.restore(earlier.collapseNorms());
    firstLoss = earlier.firstLoss();
    firstNorm = earlier.firstNorm();
    spikes = earlier.spikes();
    pace = earlier.pace();
  }

  /** The first rule that ends the branch at this update, if one does. */
  Optional<Verdict> judge(long update, double loss, double gradNorm) {
    Optional<Verdict> spike = spec.lossSpike().flatMap(rule -> lossSpike(rule, update, loss));
    Optional<Verdict> collapse =
        spec.collapse().flatMap(rule -> collapse(rule, update, loss, gradNorm));
    return nonFinite(update, loss, gradNorm)
        .or(
            () ->
                spec.gradientNorm()
                    .filter(rule -> rule.factor().isEmpty())
                    .flatMap(rule -> norm(rule, update, gradNorm)))
        .or(() -> spike)
        .or(() -> collapse);
  }

  private Optional<Verdict> nonFinite(long update, double loss, double gradNorm) {
    if (!spec.nonFinite() || (Double.isFinite(loss) && Double.isFinite(gradNorm))) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            "non_finite",
            update,
            Double.isFinite(loss) ? gradNorm : loss,
            Double.NaN,
            List.of(loss, gradNorm),
            "non_finite at update %d: loss %s, gradient norm %s"
                .formatted(update, Numbers.text(loss), Numbers.text(gradNorm))));
  }

  /**
   * What this update's learning rate and those of all after it are multiplied with.
   *
   * @return with the rule that lowered it at this update, if one did
   */
  Pace pace(double gradNorm) {
    Optional<GradientNorm> lowered =
        spec.gradientNorm()
            .filter(rule -> rule.factor().isPresent() && !(gradNorm <= rule.ceiling()));
    lowered.ifPresent(rule -> pace *= rule.factor().orElseThrow());
    return new Pace(pace, lowered);
  }

  /** A learning rate's factor, and by what it was just lowered. */
  record Pace(double factor, Optional<GradientNorm> lowered) {}

  private static Optional<Verdict> norm(GradientNorm rule, long update, double gradNorm) {
    if (gradNorm <= rule.ceiling()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            "gradient_norm",
            update,
            gradNorm,
            rule.ceiling(),
            List.of(gradNorm),
            "gradient_norm at update %d: %s > ceiling %s"
                .formatted(update, Numbers.text(gradNorm), Numbers.text(rule.ceiling()))));
  }

  private Optional<Verdict> lossSpike(LossSpike rule, long update, double loss) {
    double threshold = rule.factor() * spikeLosses.mean();
    List<Double> before = spikeLosses.values();
    boolean judged = spikeLosses.full();
    if (Double.isFinite(loss)) {
      spikeLosses.add(loss);
    }
    // Not "loss >= threshold": a NaN must count as a spike.
    spikes = judged && !(loss < threshold) ? spikes + 1 : 0;
    if (spikes < rule.patience()) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            "loss_spike",
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

  private Optional<Verdict> collapse(Collapse rule, long update, double loss, double gradNorm) {
    collapseLosses.add(worst(loss));
    collapseNorms.add(worst(gradNorm));
    // The first update is measured on the untouched weights, so nothing can have inflated it.
    if (firstLoss.isEmpty() && Double.isFinite(loss) && Double.isFinite(gradNorm)) {
      firstLoss = OptionalDouble.of(loss);
      firstNorm = OptionalDouble.of(gradNorm);
    }
    if (!collapseLosses.full() || firstLoss.isEmpty() || firstNorm.isEmpty()) {
      return Optional.empty();
    }
    double lossLimit = rule.lossFactor() * firstLoss.getAsDouble();
    double normLimit = rule.normFactor() * firstNorm.getAsDouble();
    double mean = collapseLosses.mean();
    double norm = median(collapseNorms.values());
    if (mean <= lossLimit || norm <= normLimit) {
      return Optional.empty();
    }
    return Optional.of(
        new Verdict(
            "collapse",
            update,
            mean,
            lossLimit,
            collapseLosses.values(),
            "collapse at update %d: over %d updates mean loss %s > %s × first (%s), median gradient norm %s > %s × first (%s)"
                .formatted(
                    update,
                    rule.window(),
                    Numbers.text(mean),
                    Numbers.text(rule.lossFactor()),
                    Numbers.text(firstLoss.getAsDouble()),
                    Numbers.text(norm),
                    Numbers.text(rule.normFactor()),
                    Numbers.text(firstNorm.getAsDouble()))));
  }

  private static double worst(double value) {
    return Double.isFinite(value) ? value : Double.POSITIVE_INFINITY;
  }

  private static double median(Collection<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
