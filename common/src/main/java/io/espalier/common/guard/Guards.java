package io.espalier.common.guard;

import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.trial.Verdict;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** The rules of one branch. */
public final class Guards {
  /** Rules that end what comes apart. */
  public static final Set<String> DIVERGENCE =
      Set.of(
          "non_finite",
          "loss_spike",
          "collapse",
          "vanishing_gradient",
          "divergence",
          "loss_ceiling",
          "gradient_spike",
          "gradient_norm");

  private final List<UpdateGuard> atUpdates = new ArrayList<>();
  private final List<EvaluationGuard> atEvaluations = new ArrayList<>();

  /** Lowers the learning rate, where it does not end the branch. */
  private final Optional<GradientNorm> reducing;

  private double pace = 1;
  private int reductions;
  private long lastReduction;

  /** Of a branch whose first update says where it began. */
  public Guards(GuardSpec spec) {
    this(spec, Baseline.NONE);
  }

  public Guards(GuardSpec spec, Baseline baseline) {
    if (spec.nonFinite()) {
      atUpdates.add(new NonFinite());
    }
    reducing = spec.gradientNorm().filter(rule -> rule.factor().isPresent());
    spec.gradientNorm()
        .filter(rule -> rule.factor().isEmpty())
        .ifPresent(rule -> atUpdates.add(new GradientCeiling(rule.ceiling())));
    spec.lossSpike().ifPresent(rule -> atUpdates.add(new SpikingLoss(rule)));
    spec.collapse().ifPresent(rule -> atUpdates.add(new Collapsing(rule, baseline)));
    spec.vanishingGradient()
        .ifPresent(rule -> atUpdates.add(new VanishingGradient(rule, baseline)));
    spec.divergence().ifPresent(rule -> atUpdates.add(new Diverging(rule, baseline)));
    spec.lossCeiling().ifPresent(rule -> atUpdates.add(new HighLoss(rule)));
    spec.gradientSpike().ifPresent(rule -> atUpdates.add(new SpikingGradient(rule)));
    spec.overfit().ifPresent(rule -> atEvaluations.add(new Overfitting(rule)));
    spec.looping().ifPresent(rule -> atEvaluations.add(new LoopingAnswers(rule)));
  }

  /** What the next verdict depends on. */
  public GuardMemory memory() {
    var rules = new HashMap<String, List<Double>>();
    atUpdates.forEach(rule -> rules.put(rule.name(), rule.memory()));
    atEvaluations.forEach(rule -> rules.put(rule.name(), rule.memory()));
    rules.values().removeIf(List::isEmpty);
    return new GuardMemory(rules, pace, reductions, lastReduction);
  }

  /** Goes on where others of the same specification stopped. */
  public void restore(GuardMemory earlier) {
    Map<String, List<Double>> rules = earlier.rules();
    atUpdates.forEach(rule -> Optional.ofNullable(rules.get(rule.name())).ifPresent(rule::restore));
    atEvaluations.forEach(
        rule -> Optional.ofNullable(rules.get(rule.name())).ifPresent(rule::restore));
    pace = earlier.pace();
    reductions = earlier.reductions();
    lastReduction = earlier.lastReduction();
  }

  /** The first rule that ends the branch at this update, before it is applied. */
  public Optional<Verdict> judge(long update, double loss, double gradNorm) {
    List<Optional<Verdict>> all =
        atUpdates.stream().map(rule -> rule.judge(update, loss, gradNorm)).toList();
    return all.stream().flatMap(Optional::stream).findFirst();
  }

  /**
   * The first rule that ends the branch at this evaluation.
   *
   * @param trainLoss token mean of the epoch so far
   */
  public Optional<Verdict> evaluated(
      long update, OptionalDouble trainLoss, Map<String, Double> metrics) {
    List<Optional<Verdict>> all =
        atEvaluations.stream().map(rule -> rule.judge(update, trainLoss, metrics)).toList();
    return all.stream().flatMap(Optional::stream).findFirst();
  }

  /**
   * What this update's learning rate and those of all after it are multiplied with.
   *
   * @return with the rule that lowered it at this update, if one did
   */
  public Pace pace(long update, double gradNorm) {
    Optional<GradientNorm> lowered =
        reducing.filter(rule -> !(gradNorm <= rule.ceiling()) && mayReduce(rule, update));
    lowered.ifPresent(
        rule -> {
          pace *= rule.factor().orElseThrow();
          reductions++;
          lastReduction = update;
        });
    return new Pace(pace, lowered);
  }

  private boolean mayReduce(GradientNorm rule, long update) {
    return (rule.atMost() == 0 || reductions < rule.atMost())
        && (reductions == 0 || update - lastReduction > rule.cooldown());
  }

  /** A learning rate's factor, and by what it was just lowered. */
  public record Pace(double factor, Optional<GradientNorm> lowered) {}
}
