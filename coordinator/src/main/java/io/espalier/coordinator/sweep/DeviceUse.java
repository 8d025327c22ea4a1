package io.espalier.coordinator.sweep;

import io.espalier.common.spec.BudgetSpec;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.TrialResult;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * How much time of devices has gone into a sweep, as far as its journal knows: a branch's up to its
 * newest checkpoint or result. What a lost attempt did after its last one is not in it. Pure.
 */
public final class DeviceUse {
  private static final double SECONDS_PER_HOUR = 3600;

  private DeviceUse() {}

  /** That a sweep has used what it may, for people; absent where it has not. */
  static Optional<String> beyond(BudgetSpec budget, Sweep sweep) {
    Optional<Duration> most = budget.maxDeviceTime();
    if (most.isEmpty()) {
      return Optional.empty();
    }
    double used = seconds(sweep);
    double allowed = most.get().toMillis() * 1e-3;
    return used < allowed
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "its budget of %.3g device-hours (%.3g used)",
                allowed / SECONDS_PER_HOUR,
                used / SECONDS_PER_HOUR));
  }

  /** Of all its branches, what several have in common once. */
  public static double seconds(Sweep sweep) {
    return sweep.branches().stream().mapToDouble(progress -> own(progress, sweep)).sum();
  }

  /** Without what another branch did before this one left it. */
  private static double own(BranchProgress progress, Sweep sweep) {
    double all =
        DoubleStream.concat(
                progress.left().mapToDouble(Checkpoint::seconds),
                DoubleStream.concat(
                    progress.results().stream().mapToDouble(TrialResult::seconds),
                    progress.rest().stream()
                        .flatMap(rest -> rest.standing().stream())
                        .mapToDouble(TrialResult::seconds)))
            .max()
            .orElse(0);
    double before =
        progress
            .branch()
            .fork()
            .flatMap(fork -> sweep.branches().get(fork.from()).checkpointAt(fork.update()))
            .map(Checkpoint::seconds)
            .orElse(0.0);
    return Math.max(0, all - before);
  }
}
