package io.espalier.deploy.cli;

import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.deploy.client.CoordinatorClient;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "gc",
    mixinStandardHelpOptions = true,
    description = {
      "Makes room in a store: deletes uploaded files that no sweep needs, and with --checkpoints what"
          + " ended sweeps could go on from. Results, adapters and measurements stay."
    })
final class CollectCommand implements Callable<Integer> {
  private final Console console;
  @Mixin private final SourceOption source = new SourceOption();

  @Option(
      names = "--checkpoints",
      description =
          "Also the exact checkpoints of all sweeps that have ended: a trial of theirs that is tried"
              + " again begins anew, and none can be cloned from where it stood.")
  private boolean checkpoints;

  CollectCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    source.coordinator().ifPresentOrElse(this::collect, this::inStore);
    return CommandLineInterface.OK;
  }

  /** Only a coordinator may write to a journal: one is started for it, without workers. */
  private void inStore() {
    List<SweepSummary> there = source.sweeps().list(console.err()::println);
    if (there.isEmpty()) {
      console.out().println("the store has no sweeps");
      return;
    }
    try (Coordinator coordinator =
        Coordinator.start(CoordinatorConfig.embedded(source.directory()))) {
      collect(CoordinatorClient.at("http://127.0.0.1:" + coordinator.httpPort()));
    }
  }

  private void collect(CoordinatorClient client) {
    tell("uploaded files that no sweep needs", client.removeFiles());
    if (checkpoints) {
      for (SweepSummary sweep : client.sweeps()) {
        if (sweep.state().ended()) {
          tell("checkpoints of " + sweep.id(), client.removeCheckpoints(sweep.id().value()));
        }
      }
    }
  }

  private void tell(String what, long bytes) {
    console.out().printf(Locale.ROOT, "%s: %.1f MB are free%n", what, bytes / 1e6);
  }
}
