package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.deploy.node.CoordinatorHosts;
import io.espalier.deploy.node.Listening;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.WorkerConfig;
import io.espalier.worker.node.WorkerNode;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a worker until it is told to end (SIGTERM or Ctrl-C): it trains what its coordinator"
          + " leases to it.",
      "It may be started before the coordinator, and trains on while the coordinator is away."
    })
final class WorkerCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 500;
  private static final String OPENED = "the worker's cluster port";

  private final Console console;
  @Mixin private final ConfigOption config = new ConfigOption();

  @Option(
      names = "--coordinator-hosts",
      paramLabel = "HOST[:PORT]",
      split = ",",
      description = "Where the coordinator is, as its own --host names it (port: 8352).")
  private List<String> coordinators = List.of();

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description =
          "Name or address by which the coordinator reaches this worker (default: the address from"
              + " which the coordinator is reached).")
  private Optional<String> host = Optional.empty();

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description = "Address its port is bound to (default: as --host).")
  private Optional<String> bind = Optional.empty();

  @Option(
      names = "--port",
      paramLabel = "P",
      description = "Port of the cluster on this machine (default: a free one).")
  private int port;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      description = "Trials trained at a time (default: one for each core).")
  private int lanes = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--spool",
      paramLabel = "DIR",
      description =
          "Directory on this machine for what the coordinator has not acknowledged yet (default:"
              + " ${DEFAULT-VALUE}).")
  private Path spool = Path.of("spool");

  @Option(
      names = "--store",
      paramLabel = "DIR",
      description =
          "Where the coordinator's store is mounted on this machine (default: at the same path).")
  private Optional<Path> store = Optional.empty();

  @Option(
      names = "--model-root",
      paramLabel = "DIR",
      split = ",",
      description =
          "Directory that holds models by name; may be given several times. HuggingFace's cache is"
              + " looked at after them.")
  private List<Path> modelRoots = List.of();

  @Option(
      names = "--insecure",
      description = "Open the port beyond this machine, without certificates.")
  private boolean insecure;

  @Option(
      names = "--heartbeat",
      hidden = true,
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "Between two signs of life.")
  private Duration heartbeat = WorkerConfig.HEARTBEAT;

  @Option(
      names = "--silence",
      hidden = true,
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "Without a word from the coordinator until the connection is made anew.")
  private Duration silence = WorkerConfig.SILENCE;

  WorkerCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    config.fill(new WorkerCommand(console));
    if (lanes < 1) {
      throw new UserError(
          "--lanes is %d; at least 1 trial must be trained at a time".formatted(lanes));
    }
    CoordinatorHosts hosts = CoordinatorHosts.parse(coordinators);
    String name = host.orElseGet(hosts::localAddress);
    Listening listening = new Listening(name, bind.orElse(name)).allowedIf(insecure, OPENED);
    WorkerConfig started =
        new WorkerConfig(
            listening.host(),
            listening.bind(),
            Listening.port("--port", port),
            hosts.seeds(),
            DeviceName.CPU,
            lanes,
            spool,
            store,
            modelRoots,
            heartbeat,
            silence);
    console.logTo(RunLog.openBeside(console.err(), spool, Clock.systemUTC().instant()));
    try (Interrupts interrupts = Interrupts.listen();
        WorkerNode worker = WorkerNode.start(started)) {
      console
          .out()
          .printf("worker %s: looks for %s%n", worker.id(), String.join(", ", hosts.seeds()));
      CompletableFuture<Void> ended = worker.whenEnded().toCompletableFuture();
      while (!ended.isDone() && !interrupts.next(LOOK_MILLIS)) {
        // Until the first signal, or until it cannot go on.
      }
      if (ended.isDone()) {
        refused(ended);
      }
    }
    return CommandLineInterface.OK;
  }

  private static void refused(CompletableFuture<Void> ended) {
    try {
      ended.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw e;
    }
  }
}
