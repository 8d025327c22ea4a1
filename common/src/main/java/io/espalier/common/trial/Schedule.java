package io.espalier.common.trial;

/**
 * The learning rate as a pure function of the update. Follows {@code transformers.get_scheduler}:
 * update u uses the factor at step u − 1, so with warmup the first update has learning rate 0.
 */
public final class Schedule {
  private final Training.SchedulerType type;
  private final double peak;
  private final long warmup;
  private final long total;

  private Schedule(Training.SchedulerType type, double peak, long warmup, long total) {
    this.type = type;
    this.peak = peak;
    this.warmup = warmup;
    this.total = total;
  }

  /**
   * @param peak the learning rate at factor 1
   * @param total updates of the whole run, ≥ 1
   */
  public static Schedule of(Training.Scheduler scheduler, double peak, long total) {
    long warmup =
        scheduler.warmupSteps().isPresent()
            ? scheduler.warmupSteps().getAsInt()
            : (long) Math.ceil(total * scheduler.warmupRatio());
    return new Schedule(scheduler.type(), peak, warmup, total);
  }

  public long totalUpdates() {
    return total;
  }

  public long warmupUpdates() {
    return type == Training.SchedulerType.CONSTANT ? 0 : warmup;
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
    return peak * factor(update - 1);
  }

  private double factor(long step) {
    if (type == Training.SchedulerType.CONSTANT) {
      return 1;
    }
    if (step < warmup) {
      return (double) step / Math.max(1, warmup);
    }
    double progress = (double) (step - warmup) / Math.max(1, total - warmup);
    return switch (type) {
      case CONSTANT, CONSTANT_WITH_WARMUP -> 1;
      case LINEAR -> Math.max(0, 1 - progress);
      case COSINE -> Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    };
  }
}
