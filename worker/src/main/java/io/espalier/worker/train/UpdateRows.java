package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.LossNormalisation;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.SplitMix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The rows of one update, each with its share of the loss, taken pass by pass. Into how many passes
 * they are cut changes no share.
 */
final class UpdateRows {
  private final BatchPlan.Update update;
  private final List<TokenRow> rows = new ArrayList<>();
  private final double[] shares;
  private final long[] keys;
  private int taken;

  UpdateRows(BatchPlan.Update update, Training training, List<TokenRow> train) {
    this.update = update;
    shares = new double[update.rows()];
    keys = new long[update.rows()];
    List<List<TokenRow>> microBatches =
        update.microBatches().stream()
            .map(batch -> Arrays.stream(batch).mapToObj(train::get).toList())
            .toList();
    long all = microBatches.stream().mapToLong(UpdateRows::targets).sum();
    for (List<TokenRow> batch : microBatches) {
      long divisor =
          training.lossNormalisation() == LossNormalisation.TOKEN
              ? all
              : microBatches.size() * targets(batch);
      Arrays.fill(
          shares, rows.size(), rows.size() + batch.size(), divisor == 0 ? 0 : 1.0 / divisor);
      rows.addAll(batch);
    }
    for (int i = 0; i < keys.length; i++) {
      keys[i] = SplitMix.mix(training.seed(), update.epoch(), update.firstPlace() + i) >>> 32;
    }
  }

  private static long targets(List<TokenRow> rows) {
    return rows.stream().mapToLong(TokenRow::targets).sum();
  }

  BatchPlan.Update update() {
    return update;
  }

  /** The next rows, so many at most; empty when all have been taken. */
  MicroBatch.Part next(int most) {
    int end = Math.min(rows.size(), taken + most);
    return new MicroBatch.Part(
        rows.subList(taken, end),
        Arrays.copyOfRange(shares, taken, end),
        Arrays.copyOfRange(keys, taken, end));
  }

  /** So many of them have gone through a pass. */
  void passed(int count) {
    taken += count;
  }

  /** Begins anew with the first. */
  void rewind() {
    taken = 0;
  }

  boolean done() {
    return taken == rows.size();
  }

  Progress.Batch batch() {
    return new Progress.Batch(rows.stream().mapToLong(TokenRow::length).sum(), targets(rows));
  }
}
