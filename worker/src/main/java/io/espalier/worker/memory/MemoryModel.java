package io.espalier.worker.memory;

import java.util.List;
import java.util.Optional;

/**
 * Bytes that a pass takes: so many whatever it is, so many for each slot, and so many for each
 * token of its rows, padding counted. Pure.
 *
 * @param fixed ≥ 0
 * @param perSlot weights, moments and gradients, ≥ 0: known, not measured
 * @param perToken activations and logits, ≥ 0
 */
public record MemoryModel(double fixed, double perSlot, double perToken) {
  /** What a prediction may be short by. */
  private static final double MARGIN = 1.1;

  /** Bytes that a pass of so many slots and tokens was seen to take. */
  public record Seen(int slots, long tokens, double bytes) {}

  /**
   * Least squares over what was seen. Slots and tokens grow together in it, so that what a slot
   * takes must be known.
   *
   * @return empty where nothing was seen
   */
  public static Optional<MemoryModel> fit(List<Seen> seen, double perSlot) {
    if (seen.isEmpty()) {
      return Optional.empty();
    }
    double meanTokens = seen.stream().mapToDouble(Seen::tokens).average().orElseThrow();
    double meanBytes =
        seen.stream().mapToDouble(one -> activations(one, perSlot)).average().orElseThrow();
    double spread = 0;
    double shared = 0;
    for (Seen one : seen) {
      double off = one.tokens() - meanTokens;
      spread += off * off;
      shared += off * (activations(one, perSlot) - meanBytes);
    }
    double slope = spread > 0 ? shared / spread : 0;
    double fixed = meanBytes - slope * meanTokens;
    // Tokens are never free, and none take nothing: a line through the origin is the nearest.
    return Optional.of(
        slope > 0 && fixed >= 0
            ? new MemoryModel(fixed, perSlot, slope)
            : new MemoryModel(0, perSlot, meanBytes / meanTokens));
  }

  private static double activations(Seen seen, double perSlot) {
    return Math.max(0, seen.bytes() - seen.slots() * perSlot);
  }

  /** What a pass is expected to take. */
  public double bytes(int slots, long tokens) {
    return fixed + slots * perSlot + tokens * perToken;
  }

  /** As many tokens as surely fit into so many bytes; 0 when the slots alone do not. */
  public long tokens(int slots, double bytes) {
    double left = bytes / MARGIN - fixed - slots * perSlot;
    if (left <= 0) {
      return 0;
    }
    return perToken == 0 ? Long.MAX_VALUE : (long) (left / perToken);
  }
}
