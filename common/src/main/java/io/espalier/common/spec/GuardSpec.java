package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * The rules a worker applies to a branch's own numbers at every update, before the update is
 * applied. An absent rule is switched off; a non-finite loss or gradient is never applied, whatever
 * is off.
 */
public record GuardSpec(
    boolean nonFinite,
    Optional<LossSpike> lossSpike,
    Optional<Collapse> collapse,
    Optional<GradientNorm> gradientNorm) {

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
   * The gradient norm before clipping is above {@code ceiling}.
   *
   * @param factor what the learning rate of this update and all after it is multiplied with, above
   *     0 and below 1; absent where the branch ends instead
   */
  public record GradientNorm(
      double ceiling, @JsonInclude(JsonInclude.Include.NON_ABSENT) OptionalDouble factor) {
    public GradientNorm {
      // Earlier versions wrote none.
      factor = factor == null ? OptionalDouble.empty() : factor;
    }

    /** A norm that ends the branch. */
    public static GradientNorm stopping(double ceiling) {
      return new GradientNorm(ceiling, OptionalDouble.empty());
    }
  }
}
