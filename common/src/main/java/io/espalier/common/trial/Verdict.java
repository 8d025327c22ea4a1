package io.espalier.common.trial;

import java.util.List;

/**
 * A rule's decision to end a branch, with the numbers it was made on.
 *
 * @param rule the rule's name in the spec: {@code non_finite}, {@code loss_spike}, {@code asha}, …
 * @param update the update at which it decided; a guard's update was measured but not applied
 * @param value what was measured; may be NaN or infinite
 * @param threshold what it was held against; NaN where the rule has none
 * @param window the values the rule looked at, oldest first
 * @param sentence one line for people: the rule, the values, the threshold
 */
public record Verdict(
    String rule,
    long update,
    double value,
    double threshold,
    List<Double> window,
    String sentence) {
  public Verdict {
    window = List.copyOf(window);
  }
}
