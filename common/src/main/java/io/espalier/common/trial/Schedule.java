package io.espalier.common.trial;

/**
 * The learning rate as a pure function of the update. Follows {@code transformers.get_scheduler}:
 * update u uses the rate at step u − 1, so with warmup the first update has learning rate 0.
 *
 * @param peak the highest rate
 * @param totalUpdates of the whole run, ≥ 1
 */
public record Schedule(Scheduler scheduler, double peak, long totalUpdates) {

  public long warmupUpdates() {
    return scheduler.warmup().updates(totalUpdates);
  }

  /**
   * The learning rate of an update.
   *
   * @param update from 1
   */
  public double learningRate(long update) {
    if (update < 1) {
      throw new IllegalArgumentException("updates count from 1, not " + update);
    }
    return scheduler.learningRate(peak, update - 1, totalUpdates);
  }
}
