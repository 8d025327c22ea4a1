package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.coordinator.journal.PostgresJournal;
import io.espalier.deploy.node.CoordinatorHosts;
import io.espalier.deploy.node.Listening;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "coordinator",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a coordinator until it is told to end (SIGTERM or Ctrl-C): it takes sweeps, leases"
          + " their trials to workers, and keeps what comes of them.",
      "Unfinished sweeps go on when it is started again on the same store. When it cannot go on it"
          + " ends with code 1 and says why: let whatever starts it start it again.",
      "With --journal several of them share a PostgreSQL database and see the same store: one is"
          + " active, the others stand by, send clients on to it and take its place when it is gone."
    })
final class CoordinatorCommand implements Callable<Integer> {
  private static final long LOOK_MILLIS = 500;
  private static final String JOURNAL_PASSWORD = "ESPALIER_JOURNAL_PASSWORD";
  private static final String OPENED =
      "the HTTP port (start and stop sweeps, read results), the Flight port (metric rows) and the"
          + " cluster port (join as a worker)";

  private final Console console;
  @Mixin private final StoreOption store = new StoreOption();
  @Mixin private final ConfigOption config = new ConfigOption();
  @Mixin private final WebhookOption webhook = new WebhookOption();

  @Option(
      names = "--checkpoint-room",
      paramLabel = "GIB",
      description =
          "What the exact checkpoints of ended sweeps may take together: beyond it the sweeps that"
              + " ended first give theirs up, and cannot be cloned or extended from them any more"
              + " (default: no limit).")
  private Optional<Double> checkpointRoom = Optional.empty();

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description =
          "Name or address by which workers and clients reach it; workers must name it the same"
              + " way (default: ${DEFAULT-VALUE}).")
  private String host = Listening.LOOPBACK;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description = "Address its ports are bound to (default: as --host).")
  private Optional<String> bind = Optional.empty();

  @Option(
      names = "--http-port",
      paramLabel = "P",
      description = "Port of clients and of /metrics (default: ${DEFAULT-VALUE}; 0: a free one).")
  private int httpPort = CoordinatorConfig.HTTP_PORT;

  @Option(
      names = "--flight-port",
      paramLabel = "P",
      description = "Port of metric rows (default: ${DEFAULT-VALUE}; 0: a free one).")
  private int flightPort = CoordinatorConfig.FLIGHT_PORT;

  @Option(
      names = "--cluster-port",
      paramLabel = "P",
      description = "Port at which workers join (default: ${DEFAULT-VALUE}; 0: a free one).")
  private int clusterPort = CoordinatorConfig.CLUSTER_PORT;

  @Option(
      names = "--journal",
      paramLabel = "URL",
      description = {
        "PostgreSQL database that holds the sweeps, for several coordinators:"
            + " jdbc:postgresql://HOST/DATABASE?user=NAME; its tables are made. The password is taken"
            + " from ESPALIER_JOURNAL_PASSWORD or ~/.pgpass (default: an H2 file in the store, for one)."
      })
  private Optional<String> journal = Optional.empty();

  @Option(
      names = "--coordinator-hosts",
      paramLabel = "HOST[:PORT]",
      split = ",",
      description =
          "With --journal: all coordinators, this one too, as each --host names itself (port: 8352)."
              + " None of them has to be started first.")
  private List<String> coordinators = List.of();

  @Mixin private final CertificatesOption certificates = new CertificatesOption();

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description =
          "File of who may ask what: clients then need a token, see espalier token. It is read"
              + " again when it changes.")
  private Optional<Path> tokens = Optional.empty();

  @Option(
      names = "--patience",
      hidden = true,
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "How long a worker may be silent before its trials go to others.")
  private Duration patience = CoordinatorConfig.PATIENCE;

  @Option(
      names = "--worth-moving",
      paramLabel = "TIME",
      converter = DurationText.class,
      description =
          "How long a trial must still take so that it goes on, from a checkpoint, with another"
              + " worker that has nothing to train (default: 60s).")
  private Duration worthMoving = CoordinatorConfig.WORTH_MOVING;

  CoordinatorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    config.fill(new CoordinatorCommand(console));
    Optional<Path> own = certificates.directory();
    boolean known = own.isPresent() && tokens.isPresent();
    Listening listening =
        new Listening(host, bind.orElse(host)).allowedIf(known || certificates.insecure(), OPENED);
    Clock clock = Clock.systemUTC();
    CoordinatorConfig started =
        new CoordinatorConfig(
            store.directory(),
            listening.host(),
            listening.bind(),
            Listening.port("--cluster-port", clusterPort),
            Listening.port("--flight-port", flightPort),
            Listening.port("--http-port", httpPort),
            patience,
            worthMoving,
            webhook.address(),
            room(),
            new CoordinatorConfig.Security(own, tokens),
            shared(),
            clock);
    console.logTo(RunLog.openBeside(console.err(), started.store(), clock.instant()));
    try (Interrupts interrupts = Interrupts.listen();
        Coordinator coordinator = Coordinator.start(started)) {
      if (journal.isEmpty()) {
        active(coordinator);
      } else {
        console
            .out()
            .printf(
                "coordinator: HTTP %s, cluster %s, journal %s; stands by until it is its turn%n",
                coordinator.url(),
                coordinator.clusterAddress(),
                PostgresJournal.shown(journal.get()));
        coordinator.whenActive().thenRun(() -> active(coordinator));
      }
      CompletableFuture<Void> ended = coordinator.whenEnded().toCompletableFuture();
      while (!ended.isDone() && !interrupts.next(LOOK_MILLIS)) {
        // Until the first signal, or until it cannot go on.
      }
      if (ended.isDone()) {
        refuse(ended);
      }
      console.err().println("Ending; unfinished sweeps go on when it is started again.");
    }
    return CommandLineInterface.OK;
  }

  private void active(Coordinator coordinator) {
    console
        .out()
        .printf(
            "coordinator: HTTP %s, Flight %s:%d, cluster %s, store %s%n",
            coordinator.url(),
            host,
            coordinator.flightPort(),
            coordinator.clusterAddress(),
            coordinator.store());
  }

  private OptionalLong room() {
    if (checkpointRoom.isEmpty()) {
      return OptionalLong.empty();
    }
    double gib = checkpointRoom.get();
    if (!(gib >= 0) || Double.isInfinite(gib)) {
      throw new UserError(
          "--checkpoint-room is %s; expected how many GiB, 0 or more".formatted(gib));
    }
    return OptionalLong.of((long) (gib * (1L << 30)));
  }

  private Optional<CoordinatorConfig.Shared> shared() {
    if (journal.isEmpty() && !coordinators.isEmpty()) {
      throw new UserError(
          "--coordinator-hosts: several coordinators need a journal that all of them reach; name it with --journal jdbc:postgresql://HOST/DATABASE?user=NAME");
    }
    List<String> seeds =
        coordinators.isEmpty() ? List.of() : CoordinatorHosts.parse(coordinators).seeds();
    Optional<String> password =
        Optional.ofNullable(System.getenv(JOURNAL_PASSWORD)).filter(text -> !text.isEmpty());
    return journal.map(url -> new CoordinatorConfig.Shared(url, password, seeds));
  }

  /** Throws why it ended by itself. */
  private static void refuse(CompletableFuture<Void> ended) {
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
