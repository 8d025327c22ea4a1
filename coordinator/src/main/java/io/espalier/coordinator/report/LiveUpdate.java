package io.espalier.coordinator.report;

import static java.util.Objects.requireNonNull;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.BranchId;
import java.time.Instant;

/**
 * The newest optimizer update of a branch in training.
 *
 * @param update from 1
 * @param epoch epochs done, fractional
 * @param samples rows trained on so far
 * @param trainLoss of the update's effective batch; this and the next may be NaN or infinite
 * @param gradNorm before clipping
 * @param time when the worker measured it
 */
public record LiveUpdate(
    BranchId branch,
    long update,
    double epoch,
    long samples,
    double trainLoss,
    double learningRate,
    double gradNorm,
    double tokensPerSecond,
    Instant time) {
  public LiveUpdate {
    requireNonNull(branch, "branch is null");
    requireNonNull(time, "time is null");
  }

  /** What {@code row} says of the branch, when {@code update} is what it measured. */
  public static LiveUpdate of(MetricRow row, Measurement.Update update) {
    return new LiveUpdate(
        row.branch(),
        row.update(),
        row.epoch(),
        row.samples(),
        update.trainLoss(),
        update.learningRate(),
        update.gradNorm(),
        update.tokensPerSecond(),
        row.time());
  }
}
