package io.espalier.worker.checkpoint;

import io.espalier.common.guard.GuardMemory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a branch has done and seen, beside the vectors of its slot. Part of the file's format.
 *
 * @param update the last one done, from 1
 * @param steps updates that the optimizer applied
 * @param curve its evaluations, oldest first
 * @param saved weights left for people, oldest first
 * @param seconds of training
 */
public record Standing(
    long update,
    long steps,
    Counts counts,
    GuardMemory rules,
    Optional<Patience> patience,
    Optional<Best> best,
    List<Evaluated> curve,
    List<Saved> saved,
    double seconds) {
  public Standing {
    curve = List.copyOf(curve);
    saved = List.copyOf(saved);
  }

  /**
   * Of applied updates only.
   *
   * @param lossEpoch the epoch, from 1, that the sums are of; 0 before the first
   * @param lossSum plain sum of its token losses so far
   */
  public record Counts(
      long updates,
      double epochs,
      long samples,
      long tokens,
      long lossEpoch,
      double lossSum,
      long lossTargets) {}

  /**
   * What early stopping remembers.
   *
   * @param since evaluations after the best
   * @param best NaN where none was finite
   */
  public record Patience(List<Double> since, double best, long bestUpdate) {
    public Patience {
      since = List.copyOf(since);
    }
  }

  /** The evaluation whose weights are kept. */
  public record Best(long update, double value) {}

  /**
   * An evaluation.
   *
   * @param trainLoss token mean of the epoch so far
   * @param trialEnds whether a trial ended here
   */
  public record Evaluated(
      long update,
      double epoch,
      OptionalDouble trainLoss,
      Map<String, Double> metrics,
      boolean trialEnds) {
    public Evaluated {
      metrics = Map.copyOf(metrics);
    }
  }

  /**
   * Weights left for people.
   *
   * @param value of the evaluation they are ranked by; absent where there was none
   * @param place relative to the sweep's directory
   */
  public record Saved(long update, OptionalDouble value, String place) {}
}
