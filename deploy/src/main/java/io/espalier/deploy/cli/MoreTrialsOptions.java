package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.SearchedValues;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.deploy.client.CoordinatorClient;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that add trials to a sweep, and how they do it. */
final class MoreTrialsOptions {
  static final String WHERE =
      "Without --url it is run on this machine to its end, as run does it; with --url the coordinator"
          + " there goes on with it.";

  @Mixin private final LocalRun local = new LocalRun();
  @Mixin private final BudgetOptions budget = new BudgetOptions();

  @Option(
      names = "--set",
      required = true,
      paramLabel = "KEY=VALUES",
      description =
          "A key of training and other values for it, such as learning_rate=3e-4,1e-3; repeat it for"
              + " more keys, each value with each.")
  private List<String> set = List.of();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The coordinator that has the sweep, instead of this machine.")
  private Optional<String> url = Optional.empty();

  /**
   * Adds them.
   *
   * @param trial the only one of which there shall be others; absent for all
   * @param fromCheckpoint whether they go on from where it stands
   * @return the exit code
   */
  int add(Console console, String sweep, Optional<Integer> trial, boolean fromCheckpoint) {
    var more = new MoreTrials(trial.map(TrialId::new), values(set), fromCheckpoint);
    return url.isPresent()
        ? atCoordinator(console, CoordinatorClient.at(url.get()), sweep, more)
        : here(console, sweep, more);
  }

  private int atCoordinator(
      Console console, CoordinatorClient client, String sweep, MoreTrials more) {
    budget.apply(client, sweep);
    SweepView view = client.extend(sweep, more);
    console
        .out()
        .printf(
            "%s has %d trials now; to follow it: %s watch %s --url %s%n",
            view.id(), view.trials().size(), Console.command(), view.id(), client.url());
    return CommandLineInterface.OK;
  }

  private int here(Console console, String sweep, MoreTrials more) {
    LocalRun.Ended ended =
        local.runs(
            console,
            () -> {
              SearchedValues.check(more.values());
              SweepId id = new StoredSweeps(local.store()).find(sweep).id();
              return cluster -> {
                budget.apply(cluster, id);
                cluster.extend(id, more);
                return id;
              };
            });
    return Ending.inStore(console, local.store(), ended.view()).tell(ended.interrupted());
  }

  /** {@code key=a,b} as a key with its values. */
  static Map<String, List<String>> values(List<String> set) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    for (String written : set) {
      int equals = written.indexOf('=');
      if (equals < 1 || equals == written.length() - 1) {
        throw new UserError(
            "--set %s is no key with values; expected KEY=VALUE,VALUE, such as learning_rate=3e-4,1e-3"
                .formatted(written));
      }
      String key = written.substring(0, equals).strip();
      List<String> its =
          Arrays.stream(written.substring(equals + 1).split(",", -1)).map(String::strip).toList();
      if (values.put(key, its) != null) {
        throw new UserError("--set has %s twice; give all its values at once".formatted(key));
      }
    }
    return values;
  }
}
