package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.deploy.node.CoordinatorHosts;
import io.espalier.deploy.node.DeviceProcesses;
import io.espalier.deploy.node.Listening;
import io.espalier.deploy.node.OwnCommand;
import io.espalier.deploy.node.ParentWatch;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.SpoolLock;
import io.espalier.worker.node.WorkerConfig;
import io.espalier.worker.node.WorkerNode;
import io.espalier.worker.train.Cadence;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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

  /** Reads what {@link DeviceName#text} writes. */
  private static final class OneDevice implements ITypeConverter<DeviceName> {
    @Override
    public DeviceName convert(String text) {
      return DeviceName.parse(text).get(0);
    }
  }

  private final Console console;

  @Spec private CommandSpec spec = CommandSpec.create();

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
      description =
          "Port of the cluster on this machine (default: a free one); a second device takes the next.")
  private int port;

  @Option(
      names = "--metrics-port",
      paramLabel = "P",
      description =
          "Port of /metrics for Prometheus (default: none; 0: a free one); a second device takes the"
              + " next.")
  private Optional<Integer> metricsPort = Optional.empty();

  @Option(
      names = "--devices",
      paramLabel = "LIST",
      description =
          "What trains, one process each: all, cpu, or numbers of GPUs such as 0,1 (default:"
              + " ${DEFAULT-VALUE}; without a usable GPU that is the CPU).")
  private String devices = "all";

  @Option(
      names = "--only-device",
      hidden = true,
      paramLabel = "DEVICE",
      converter = OneDevice.class,
      description = "Serve this one in this process, for as long as standard input is open.")
  private Optional<DeviceName> onlyDevice = Optional.empty();

  @Mixin private final LanesOption lanes = new LanesOption();

  @Option(
      names = "--spool",
      paramLabel = "DIR",
      description =
          "Directory on this machine for what the coordinator has not acknowledged yet (default:"
              + " ${DEFAULT-VALUE}). Each device has a directory of its own in it.")
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
      names = "--data-root",
      paramLabel = "DIR",
      split = ",",
      description =
          "Directory below which specifications may name data, adapters and models, beside"
              + " --model-root, HuggingFace's cache and the store; may be given several times"
              + " (default: only those with --certificates, everything without).")
  private List<Path> dataRoots = List.of();

  @Mixin private final CertificatesOption certificates = new CertificatesOption();

  @Option(
      names = "--checkpoint-every",
      paramLabel = "TIME",
      converter = DurationText.OrNever.class,
      description =
          "Training time between two checkpoints, from which a lost trial goes on; 0 for never"
              + " (default: 60s, or longer where writing them would take more than a twentieth of"
              + " the time).")
  private Optional<Duration> checkpointEvery = Optional.empty();

  @Option(
      names = "--grace",
      paramLabel = "TIME",
      converter = DurationText.class,
      description =
          "When it is told to end (SIGTERM), how long it may take to the end of the present update:"
              + " there it leaves a checkpoint, and its trials go on elsewhere (default: 20s).")
  private Duration grace = WorkerConfig.GRACE;

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
    if (onlyDevice.isEmpty()) {
      return supervise(settings());
    }
    try {
      return serve(settings());
    } catch (UserError e) {
      console.complain(String.valueOf(e.getMessage()));
      return DeviceProcesses.NOT_AGAIN;
    }
  }

  /** All that the options say, looked at before anything starts. */
  private WorkerConfig settings() {
    config.fill(new WorkerCommand(console));
    CoordinatorHosts hosts = CoordinatorHosts.parse(coordinators);
    String name = host.orElseGet(hosts::localAddress);
    Optional<Path> own = certificates.directory();
    Listening listening =
        new Listening(name, bind.orElse(name))
            .allowedIf(own.isPresent() || certificates.insecure(), OPENED);
    DeviceName device = onlyDevice.orElse(DeviceName.CPU);
    int place = Math.max(0, devices().indexOf(device));
    return new WorkerConfig(
        listening.host(),
        listening.bind(),
        Listening.port("--port", port == 0 ? 0 : port + place),
        metricsPort.map(first -> Listening.port("--metrics-port", first == 0 ? 0 : first + place)),
        hosts.seeds(),
        device,
        lanes.lanes(device),
        lanes.slots(device),
        onlyDevice.map(one -> spool.resolve(one.toString())).orElse(spool),
        store,
        own,
        modelRoots,
        dataRoots,
        checkpointEvery.map(Cadence::of).orElse(Cadence.USUAL),
        heartbeat,
        grace,
        silence);
  }

  private List<DeviceName> devices() {
    return DeviceName.parse(devices);
  }

  /** One process for each device; this one only watches over them. */
  private int supervise(WorkerConfig settings) {
    log(settings);
    // Held between the lives of the processes too, whose own locks end with them.
    try (SpoolLock lock = SpoolLock.on(settings.spool(), Duration.ZERO);
        Interrupts interrupts = Interrupts.listen();
        DeviceProcesses processes =
            DeviceProcesses.start(devices(), this::command, settings.grace())) {
      while (!processes.areGivenUp() && !interrupts.next(LOOK_MILLIS)) {
        // Until the first signal, or until none can go on.
      }
      return processes.areGivenUp() ? CommandLineInterface.FAILED : CommandLineInterface.OK;
    }
  }

  private List<String> command(DeviceName device) {
    List<String> arguments =
        new ArrayList<>(spec.root().commandLine().getParseResult().originalArgs());
    arguments.add("--only-device=" + device.text());
    return OwnCommand.with(arguments);
  }

  /** In a process that another of this program started for a device. */
  private int serve(WorkerConfig settings) {
    log(settings);
    ParentWatch parent = ParentWatch.on(System.in);
    try (Interrupts interrupts = Interrupts.listen();
        WorkerNode worker = WorkerNode.start(settings)) {
      console
          .out()
          .printf("worker %s: looks for %s%n", worker.id(), String.join(", ", settings.seeds()));
      CompletableFuture<Void> ended = worker.whenEnded().toCompletableFuture();
      while (!ended.isDone() && !parent.isGone() && !interrupts.next(LOOK_MILLIS)) {
        // Until the first signal, or until it cannot go on.
      }
      if (ended.isDone()) {
        refused(ended);
      }
    }
    return CommandLineInterface.OK;
  }

  private void log(WorkerConfig settings) {
    console.logTo(RunLog.openBeside(console.err(), settings.spool(), Clock.systemUTC().instant()));
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
