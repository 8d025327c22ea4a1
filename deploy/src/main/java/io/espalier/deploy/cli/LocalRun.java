package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.deploy.embedded.EmbeddedCluster;
import io.espalier.deploy.progress.Moment;
import io.espalier.deploy.progress.ProgressScreen;
import io.espalier.deploy.progress.Terminal;
import io.espalier.worker.node.DeviceName;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a sweep is run on this machine, with its progress on the terminal. */
final class LocalRun {
  private static final long REDRAW_MILLIS = 500;
  private static final Duration PATIENCE_FOR_A_STOP = Duration.ofSeconds(60);

  private final Clock clock = Clock.systemUTC();
  @Mixin private final StoreOption store = new StoreOption();
  @Mixin private final LanesOption lanes = new LanesOption();
  @Mixin private final DeviceOption devices = new DeviceOption();
  @Mixin private final WebhookOption webhook = new WebhookOption();

  @Option(
      names = "--http-port",
      paramLabel = "P",
      description = "Port of the console and of /metrics on 127.0.0.1 (default: a free one).")
  private int httpPort;

  @Option(
      names = "--open",
      description = "Opens the console's page of the sweep in this machine's browser.")
  private boolean open;

  @Option(names = "--plain", description = "Plain lines even on a terminal.")
  private boolean plain;

  /** A sweep that has ended, and whether Ctrl-C ended it. */
  record Ended(SweepView view, boolean interrupted) {}

  Path store() {
    return store.directory();
  }

  /**
   * Runs a sweep to its end.
   *
   * @param asked reads what is run, once the options are known to be right
   */
  Ended run(Console console, Supplier<Spec> asked) {
    return runs(
        console,
        () -> {
          Spec file = asked.get();
          return cluster -> cluster.submit(file.spec(), file.yaml(), file.directory());
        });
  }

  /**
   * Runs what begins at a cluster to its end.
   *
   * @param asked reads what that takes, once the options are known to be right
   */
  Ended runs(Console console, Supplier<Function<EmbeddedCluster, SweepId>> asked) {
    DeviceName device = devices.device();
    Optional<URI> told = webhook.address();
    Function<EmbeddedCluster, SweepId> begin = asked.get();
    RunLog log = RunLog.open(store.directory(), clock.instant());
    console.logTo(log);
    try (Interrupts interrupts = Interrupts.listen();
        EmbeddedCluster cluster =
            EmbeddedCluster.start(
                store.directory(),
                httpPort,
                told,
                device,
                lanes.lanes(device),
                lanes.slots(device))) {
      for (SweepId left : cluster.stopped()) {
        console.err().printf("%s was left unfinished: stopped, what it has is kept%n", left);
      }
      SweepId sweep = begin.apply(cluster);
      String page = "%s/#/sweeps/%s".formatted(cluster.address(), sweep);
      console
          .err()
          .printf(
              "%s: watch it at %s, log in %s%n",
              sweep, page, log.file().map(Path::toString).orElse("none"));
      if (open && !Desktop.open(page)) {
        console.err().println("No browser could be opened here: open the address yourself.");
      }
      boolean interrupted = watch(console, cluster, sweep, interrupts);
      return new Ended(cluster.view(sweep), interrupted);
    }
  }

  /**
   * What is run.
   *
   * @param yaml the text {@code spec} was read from
   * @param directory what its relative paths are meant from
   */
  record Spec(SweepSpec spec, String yaml, Path directory) {
    static Spec of(Path file) {
      SweepSpec spec = SpecReader.read(file);
      try {
        return new Spec(
            spec, Files.readString(file), file.toAbsolutePath().resolveSibling("").normalize());
      } catch (IOException e) {
        throw new UserError("%s cannot be read: %s".formatted(file, e.getMessage()), e);
      }
    }
  }

  /** Shows progress until the sweep has ended; returns whether Ctrl-C ended it. */
  private boolean watch(
      Console console, EmbeddedCluster cluster, SweepId sweep, Interrupts interrupts) {
    Terminal terminal = plain ? Terminal.none() : console.terminal();
    ProgressScreen screen = new ProgressScreen(console.out(), terminal);
    Optional<Instant> deadline = Optional.empty();
    Moment moment = moment(cluster, sweep);
    while (!moment.view().state().ended() && deadline.map(moment.now()::isBefore).orElse(true)) {
      screen.show(moment);
      if (interrupts.next(REDRAW_MILLIS)) {
        screen.close();
        console
            .err()
            .println("Stopping: every trial ends at its next update. Ctrl-C again ends at once.");
        cluster.stop(sweep);
        deadline = Optional.of(clock.instant().plus(PATIENCE_FOR_A_STOP));
      }
      moment = moment(cluster, sweep);
    }
    screen.show(moment);
    screen.close();
    return deadline.isPresent();
  }

  private Moment moment(EmbeddedCluster cluster, SweepId sweep) {
    return new Moment(cluster.view(sweep), cluster.live(sweep), clock.instant());
  }
}
