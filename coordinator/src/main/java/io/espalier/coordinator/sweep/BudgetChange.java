package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.spec.BudgetSpec;
import java.time.Duration;
import java.util.Optional;

/**
 * What a sweep may use from now on.
 *
 * @param maxTrials absent where that stays
 * @param maxDeviceTime likewise
 */
public record BudgetChange(Optional<Integer> maxTrials, Optional<Duration> maxDeviceTime) {
  /**
   * As people write it.
   *
   * @throws UserError that says what was expected
   */
  public static BudgetChange of(Optional<Integer> maxTrials, Optional<Double> maxDeviceHours) {
    maxTrials
        .filter(trials -> trials < 1 || trials > BudgetSpec.MOST_TRIALS)
        .ifPresent(
            trials -> {
              throw new UserError(
                  "max_trials cannot be %d; expected 1 to %d"
                      .formatted(trials, BudgetSpec.MOST_TRIALS));
            });
    maxDeviceHours
        .filter(hours -> !(hours > 0 && hours <= BudgetSpec.MOST_DEVICE_HOURS))
        .ifPresent(
            hours -> {
              throw new UserError(
                  "max_device_hours cannot be %s; expected a number above 0".formatted(hours));
            });
    return new BudgetChange(maxTrials, maxDeviceHours.map(BudgetSpec::hours));
  }

  public boolean isNone() {
    return maxTrials.isEmpty() && maxDeviceTime.isEmpty();
  }

  BudgetSpec of(BudgetSpec old) {
    return new BudgetSpec(maxTrials.orElse(old.maxTrials()), maxDeviceTime.or(old::maxDeviceTime));
  }
}
