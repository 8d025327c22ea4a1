package io.espalier.worker.train;

import io.espalier.worker.data.TokenRow;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What the branches of a pack save by being trained together rather than one after another. Their
 * time alone is what a branch alone was measured to take for as many tokens.
 */
final class PackingGain {
  private final OptionalDouble tokensPerSecond;
  private double tokens;
  private double seconds;

  /**
   * @param tokensPerSecond of a branch alone; without it nothing is known to be saved
   */
  PackingGain(OptionalDouble tokensPerSecond) {
    this.tokensPerSecond = tokensPerSecond;
  }

  /** A pass was made of these rows, one list a branch, in so many seconds. */
  void passed(List<List<TokenRow>> rows, double took) {
    for (List<TokenRow> own : rows) {
      tokens += (double) own.size() * own.stream().mapToInt(TokenRow::length).max().orElse(0);
    }
    seconds += took;
  }

  /**
   * What was passed is applied, in so many seconds.
   *
   * @return seconds saved since this was last called; less than 0 when it took longer together
   */
  double updated(int branches, double took) {
    double saved =
        branches > 1 && tokensPerSecond.isPresent()
            ? tokens / tokensPerSecond.getAsDouble() - seconds - took
            : 0;
    tokens = 0;
    seconds = 0;
    return saved;
  }
}
