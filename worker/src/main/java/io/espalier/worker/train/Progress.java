package io.espalier.worker.train;

import io.espalier.worker.checkpoint.Standing;
import io.espalier.worker.data.BatchPlan;
import java.util.OptionalDouble;

/** What a branch has done so far; counts applied updates only. */
final class Progress {
  private long updates;
  private double epochs;
  private long samples;
  private long tokens;
  private long lossEpoch;
  private double lossSum;
  private long lossTargets;

  /**
   * Counts an update.
   *
   * @param lossSum plain sum of its token losses
   */
  void applied(BatchPlan.Update update, Batch batch, double lossSum) {
    updates = update.number();
    epochs = update.epochsDone();
    samples = update.samplesDone();
    tokens += batch.tokens();
    if (update.epoch() != lossEpoch) {
      lossEpoch = update.epoch();
      this.lossSum = 0;
      lossTargets = 0;
    }
    this.lossSum += lossSum;
    lossTargets += batch.targets();
  }

  Standing.Counts standing() {
    return new Standing.Counts(updates, epochs, samples, tokens, lossEpoch, lossSum, lossTargets);
  }

  void restore(Standing.Counts earlier) {
    updates = earlier.updates();
    epochs = earlier.epochs();
    samples = earlier.samples();
    tokens = earlier.tokens();
    lossEpoch = earlier.lossEpoch();
    lossSum = earlier.lossSum();
    lossTargets = earlier.lossTargets();
  }

  /** Tokens and target tokens of an update's rows. */
  record Batch(long tokens, long targets) {}

  long updates() {
    return updates;
  }

  double epochs() {
    return epochs;
  }

  long samples() {
    return samples;
  }

  long tokens() {
    return tokens;
  }

  /** Token mean over the last epoch begun. */
  OptionalDouble trainLoss() {
    return lossTargets > 0 ? OptionalDouble.of(lossSum / lossTargets) : OptionalDouble.empty();
  }
}
