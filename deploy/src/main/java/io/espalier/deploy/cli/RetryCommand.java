package io.espalier.deploy.cli;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.deploy.client.CoordinatorClient;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "retry",
    mixinStandardHelpOptions = true,
    description = {
      "Trains again what failed or was stopped, also of a sweep that has ended: all such trials, or"
          + " one. Each goes on from its last checkpoint, if there is one.",
      "Without --url it is run on this machine to its end, as run does it; with --url the coordinator"
          + " there goes on with it."
    })
final class RetryCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final LocalRun local = new LocalRun();
  @Mixin private final BudgetOptions budget = new BudgetOptions();

  @Parameters(index = "0", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private String sweep = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "TRIAL",
      description = "Only this trial, by its number.")
  private Optional<Integer> trial = Optional.empty();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The coordinator that has the sweep, instead of this machine.")
  private Optional<String> url = Optional.empty();

  RetryCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return url.isPresent() ? atCoordinator(CoordinatorClient.at(url.get())) : here();
  }

  private int atCoordinator(CoordinatorClient client) {
    budget.apply(client, sweep);
    SweepView view = client.retry(sweep, trial);
    console
        .out()
        .printf(
            "%s goes on; to follow it: %s watch %s --url %s%n",
            view.id(), Console.command(), view.id(), client.url());
    return CommandLineInterface.OK;
  }

  private int here() {
    LocalRun.Ended ended =
        local.runs(
            console,
            () -> {
              SweepId id = new StoredSweeps(local.store()).find(sweep).id();
              return cluster -> {
                budget.apply(cluster, id);
                cluster.retry(id, trial.map(TrialId::new));
                return id;
              };
            });
    return Ending.inStore(console, local.store(), ended.view()).tell(ended.interrupted());
  }
}
