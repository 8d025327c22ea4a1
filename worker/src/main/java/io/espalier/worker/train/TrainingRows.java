package io.espalier.worker.train;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.LossNormalisation;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.SplitMix;
import java.util.Arrays;
import java.util.List;

/** The rows of a branch as its updates take them, each target with its share of the loss. */
record TrainingRows(Training training, List<TokenRow> train) {

  /** Runs an update's micro-batches through a pack of one slot. */
  Progress.Batch accumulate(Pack pack, BatchPlan.Update update) {
    List<List<TokenRow>> passes =
        update.microBatches().stream()
            .map(rows -> Arrays.stream(rows).mapToObj(train::get).toList())
            .toList();
    long targets = passes.stream().mapToLong(TrainingRows::targets).sum();
    int place = update.firstPlace();
    for (List<TokenRow> rows : passes) {
      long divisor =
          training.lossNormalisation() == LossNormalisation.TOKEN
              ? targets
              : passes.size() * targets(rows);
      double share = divisor == 0 ? 0 : 1.0 / divisor;
      long[] keys = new long[rows.size()];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = SplitMix.mix(training.seed(), update.epoch(), place++) >>> 32;
      }
      pack.accumulate(MicroBatch.of(List.of(new MicroBatch.Part(rows, share, keys))));
    }
    long tokens = passes.stream().flatMap(List::stream).mapToLong(TokenRow::length).sum();
    return new Progress.Batch(tokens, targets);
  }

  private static long targets(List<TokenRow> rows) {
    return rows.stream().mapToLong(TokenRow::targets).sum();
  }
}
