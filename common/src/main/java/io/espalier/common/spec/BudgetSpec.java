package io.espalier.common.spec;

import java.time.Duration;
import java.util.Optional;

/**
 * What a sweep may use.
 *
 * @param maxTrials a search that makes more is refused, ≥ 1
 * @param maxDeviceTime once so much time of devices has gone into it, it ends; absent for any
 */
public record BudgetSpec(int maxTrials, Optional<Duration> maxDeviceTime) {
  /** More cannot be asked for. */
  public static final int MOST_TRIALS = 1_000_000;

  /** More cannot be asked for. */
  public static final int MOST_DEVICE_HOURS = 1_000_000;

  private static final double MILLIS_PER_HOUR = 3_600_000;

  /** A time as specs have it. */
  public static Duration hours(double hours) {
    return Duration.ofMillis(Math.round(hours * MILLIS_PER_HOUR));
  }
}
