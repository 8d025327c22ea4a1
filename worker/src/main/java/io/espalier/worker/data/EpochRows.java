package io.espalier.worker.data;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * In which order each epoch takes the training rows: a pure function of (rows, data seed, epoch),
 * the same for all trials.
 */
public final class EpochRows {
  private final int rows;
  private final boolean shuffle;
  private final long dataSeed;
  private final List<Double> ranks;

  /**
   * @param ranks by which every epoch is sorted, ascending; empty for no sorting
   * @param shuffle whether each epoch has an order of its own; else all are in file order
   */
  EpochRows(int rows, List<Double> ranks, boolean shuffle, long dataSeed) {
    this.rows = rows;
    this.ranks = ranks;
    this.shuffle = shuffle;
    this.dataSeed = dataSeed;
  }

  int rows() {
    return rows;
  }

  /**
   * @param epoch from 1
   * @return each row once
   */
  int[] order(long epoch) {
    int[] order = shuffle ? RowOrder.shuffled(rows, dataSeed, epoch) : RowOrder.inFileOrder(rows);
    // The sort is stable, so equal rows stay in the epoch's order.
    return ranks.isEmpty()
        ? order
        : IntStream.of(order)
            .boxed()
            .sorted(Comparator.comparingDouble(ranks::get))
            .mapToInt(Integer::intValue)
            .toArray();
  }
}
