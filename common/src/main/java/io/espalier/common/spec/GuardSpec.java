package io.espalier.common.spec;

import java.util.Optional;

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

  /** The gradient norm before clipping is above {@code ceiling}. */
  public record GradientNorm(double ceiling) {}
}
