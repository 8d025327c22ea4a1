package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rules a worker applies to a branch's own numbers at every update, before the update is
 * applied, and at every evaluation. An absent rule is switched off; a non-finite loss or gradient
 * is never applied, whatever is off.
 */
public record GuardSpec(
    boolean nonFinite,
    Optional<LossSpike> lossSpike,
    Optional<Collapse> collapse,
    Optional<GradientNorm> gradientNorm,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Divergence> divergence,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<LossCeiling> lossCeiling,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<GradientSpike> gradientSpike,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Overfit> overfit,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Looping> looping,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<VanishingGradient> vanishingGradient) {
  @JsonCreator
  public GuardSpec {
    // Earlier versions wrote none of these.
    divergence = divergence == null ? Optional.empty() : divergence;
    lossCeiling = lossCeiling == null ? Optional.empty() : lossCeiling;
    gradientSpike = gradientSpike == null ? Optional.empty() : gradientSpike;
    overfit = overfit == null ? Optional.empty() : overfit;
    looping = looping == null ? Optional.empty() : looping;
    vanishingGradient = vanishingGradient == null ? Optional.empty() : vanishingGradient;
  }

  /** With the other rules off. */
  public GuardSpec(
      boolean nonFinite,
      Optional<LossSpike> lossSpike,
      Optional<Collapse> collapse,
      Optional<GradientNorm> gradientNorm) {
    this(
        nonFinite,
        lossSpike,
        collapse,
        gradientNorm,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * The moving average of the loss, over about {@code window} updates, is above {@code factor} ×
   * its own lowest and above the first loss, {@code patience} updates in a row.
   */
  public record Divergence(double factor, int window, int patience) {}

  /**
   * LLM Foundry's rule for a loss that never comes down: after {@code after} updates a {@code
   * share} of the last {@code window} losses is above {@code ceiling}.
   */
  public record LossCeiling(double ceiling, double share, int window, int after) {}

  /**
   * The gradient norm is above {@code factor} × the median of the last {@code window} and its
   * robust z-score above {@code zScore}, {@code patience} times in a row.
   */
  public record GradientSpike(double factor, double zScore, int window, int patience) {}

  /**
   * The evaluation loss is above {@code factor} × its best while the training loss falls, or more
   * than {@code gap} of the training loss above it, {@code patience} evaluations in a row.
   */
  public record Overfit(double factor, double gap, int patience) {}

  /**
   * The repetition, the loop rate or the copied rate of answers is {@code share} or more, {@code
   * patience} evaluations in a row.
   */
  public record Looping(double share, int patience) {
    /** What it looks at, of any set. */
    public static final List<String> METRICS = List.of("_repetition", "_loop_rate", "_copied_rate");
  }

  /**
   * LLM Foundry's rule: the loss is at least {@code factor} × the mean of the last {@code window}
   * updates, {@code patience} times in a row.
   */
  public record LossSpike(double factor, int window, int patience) {}

  /**
   * A branch that came apart without a NaN: over the last {@code window} updates the mean loss is
   * above {@code lossFactor} × the first update's loss while the median gradient norm is above
   * {@code normFactor} × the first update's.
   */
  public record Collapse(double lossFactor, double normFactor, int window) {}

  /**
   * A branch that came apart and cannot mend: over the last {@code window} updates the median
   * gradient norm is below {@code normFactor} × the first update's while the mean loss is above
   * {@code lossFactor} × the first, and was above the first before.
   */
  public record VanishingGradient(double lossFactor, double normFactor, int window) {}

  /**
   * The gradient norm before clipping is above {@code ceiling}.
   *
   * @param factor what the learning rate of this update and all after it is multiplied with, above
   *     0 and below 1; absent where the branch ends instead
   * @param cooldown updates after a reduction in which there is no other, ≥ 0
   * @param atMost reductions; 0 for any number
   */
  public record GradientNorm(
      double ceiling,
      @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalDouble factor,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int cooldown,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int atMost) {
    @JsonCreator
    public GradientNorm {
      // Earlier versions wrote none.
      factor = factor == null ? OptionalDouble.empty() : factor;
    }

    /** A norm that ends the branch. */
    public static GradientNorm stopping(double ceiling) {
      return new GradientNorm(ceiling, OptionalDouble.empty(), 0, 0);
    }

    /** A norm that lowers the learning rate each time. */
    public static GradientNorm reducing(double ceiling, double factor) {
      return new GradientNorm(ceiling, OptionalDouble.of(factor), 0, 0);
    }
  }
}
