package io.espalier.worker.data;

import io.espalier.common.trial.Training;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which rows each update of a trial trains on: a pure function of (rows, batch sizes, order, data
 * seed, update). Rows follow the epoch's order and are never reordered inside an update; the last
 * update of an epoch takes what is left. Safe for use by several threads.
 */
public final class BatchPlan {
  private final int samples;
  private final Training training;
  private final EpochRows epochs;
  private volatile EpochOrder latest = new EpochOrder(0, new int[0]);

  private record EpochOrder(long epoch, int[] rows) {}

  /**
   * One optimizer step.
   *
   * @param number from 1
   * @param epoch the epoch it belongs to, from 1
   * @param firstPlace place in the epoch's order of its first row, from 0; its other rows follow
   * @param microBatches indices into the training rows, in order; each full but the last
   * @param samplesDone rows trained on when it is done, from the trial's start
   * @param epochsDone epochs done when it is done; whole at an epoch's end
   * @param endsEpoch whether it is the last update of its epoch
   */
  public record Update(
      long number,
      long epoch,
      int firstPlace,
      List<int[]> microBatches,
      long samplesDone,
      double epochsDone,
      boolean endsEpoch) {
    public Update {
      microBatches = List.copyOf(microBatches);
    }

    /** Rows of all micro-batches together. */
    public int rows() {
      return microBatches.stream().mapToInt(rows -> rows.length).sum();
    }
  }

  /**
   * @param samples training rows, ≥ 1
   * @param shuffle whether each epoch has its own order; else every epoch is in file order
   */
  public BatchPlan(int samples, Training training, boolean shuffle, long dataSeed) {
    this(new EpochRows(samples, List.of(), shuffle, dataSeed), training);
  }

  public BatchPlan(EpochRows epochs, Training training) {
    int samples = epochs.rows();
    if (samples < 1) {
      throw new IllegalArgumentException("a plan needs at least one row, not " + samples);
    }
    this.samples = samples;
    this.training = training;
    this.epochs = epochs;
  }

  /** Updates of the whole trial; the last epoch may be left unfinished. */
  public long updates() {
    return training.totalUpdates(samples);
  }

  /** Updates of one whole epoch. */
  public long updatesPerEpoch() {
    return training.updatesPerEpoch(samples);
  }

  /**
   * @param number from 1; may lie beyond {@link #updates()}, for the plan goes on for ever
   */
  public Update update(long number) {
    if (number < 1) {
      throw new IllegalArgumentException("updates count from 1, not " + number);
    }
    long before = (number - 1) / updatesPerEpoch();
    long place = (number - 1) % updatesPerEpoch() * training.effectiveBatch();
    int first = Math.toIntExact(place);
    int end = (int) Math.min(samples, place + training.effectiveBatch());
    long samplesDone = Math.addExact(Math.multiplyExact(before, (long) samples), end);
    return new Update(
        number,
        before + 1,
        first,
        microBatches(order(before + 1), first, end),
        samplesDone,
        before + (double) end / samples,
        end == samples);
  }

  private List<int[]> microBatches(int[] order, int first, int end) {
    int size = training.perDeviceTrainBatchSize();
    var batches = new ArrayList<int[]>();
    for (long from = first; from < end; from += size) {
      batches.add(Arrays.copyOfRange(order, (int) from, (int) Math.min(end, from + size)));
    }
    return batches;
  }

  private int[] order(long epoch) {
    EpochOrder known = latest;
    if (known.epoch() == epoch) {
      return known.rows();
    }
    int[] rows = epochs.order(epoch);
    latest = new EpochOrder(epoch, rows);
    return rows;
  }
}
