package io.espalier.worker.generate;

/**
 * How a token is chosen among the likely ones.
 *
 * @param temperature logits are divided by it, ≥ 0; at 0 the likeliest token is taken
 * @param topP above 0 to 1: chosen among the fewest likeliest tokens that have so much of the
 *     probability (nucleus sampling, Holtzman et al. 2019)
 * @param seed the same seed gives the same choices
 */
public record Sampling(double temperature, double topP, long seed) {
  public Sampling {
    if (!(temperature >= 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a temperature is finite and not below 0");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top-p is above 0 and at most 1");
    }
  }
}
