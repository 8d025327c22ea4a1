package io.espalier.deploy.cli;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.deploy.embedded.EmbeddedCluster;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a sweep may use from now on. */
final class BudgetOptions {
  @Option(
      names = "--max-trials",
      paramLabel = "N",
      description = "budget.max_trials from now on: more trials are refused.")
  private Optional<Integer> maxTrials = Optional.empty();

  @Option(
      names = "--max-device-hours",
      paramLabel = "H",
      description =
          "budget.max_device_hours from now on: the sweep is stopped when it has used so much.")
  private Optional<Double> maxDeviceHours = Optional.empty();

  boolean isNone() {
    return change().isNone();
  }

  /** Changes what was given, if anything was. */
  void apply(CoordinatorClient client, String sweep) {
    if (!isNone()) {
      client.changeBudget(sweep, maxTrials, maxDeviceHours);
    }
  }

  /** The same on this machine. */
  void apply(EmbeddedCluster cluster, SweepId sweep) {
    if (!isNone()) {
      cluster.changeBudget(sweep, change());
    }
  }

  private BudgetChange change() {
    return BudgetChange.of(maxTrials, maxDeviceHours);
  }
}
