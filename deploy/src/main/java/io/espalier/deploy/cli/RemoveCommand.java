package io.espalier.deploy.cli;

import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.deploy.client.CoordinatorClient;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    description = {
      "Deletes sweeps that have ended: their adapters, checkpoints, measurements and reports."
          + " Nothing of them is left; their numbers are not given again."
    })
final class RemoveCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Parameters(arity = "1..*", paramLabel = "SWEEP", description = "Its name as ls shows it.")
  private List<String> sweeps = List.of();

  RemoveCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    source.coordinator().ifPresentOrElse(this::remove, this::inStore);
    return CommandLineInterface.OK;
  }

  /** Only a coordinator may write to a journal: one is started for it, without workers. */
  private void inStore() {
    Path store = source.directory();
    sweeps.forEach(new StoredSweeps(store)::find);
    try (Coordinator coordinator = Coordinator.start(CoordinatorConfig.embedded(store))) {
      remove(CoordinatorClient.at("http://127.0.0.1:" + coordinator.httpPort()));
    }
  }

  private void remove(CoordinatorClient client) {
    for (String sweep : sweeps) {
      long bytes = client.remove(sweep);
      console.out().printf(Locale.ROOT, "%s is removed, %.1f MB are free%n", sweep, bytes / 1e6);
    }
  }
}
