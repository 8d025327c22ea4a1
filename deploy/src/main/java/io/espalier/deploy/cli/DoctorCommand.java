package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import io.espalier.coordinator.report.ViewJson;
import io.espalier.deploy.client.CoordinatorClient;
import io.espalier.worker.memory.HostMemory;
import io.espalier.worker.model.Gpus;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.node.DeviceName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Looks whether this machine has what a sweep needs: Java, libtorch, devices, memory, a store that"
          + " can be written, free ports, a clock that agrees with the coordinator's. Says what to do"
          + " about what it has not; exit code 1 then."
    })
final class DoctorCommand implements Callable<Integer> {
  private static final double GIB = 1L << 30;
  private static final double LEAST_MEMORY = 2 * GIB;
  private static final double LEAST_ROOM = 5 * GIB;
  private static final Duration SLOW_DISK = Duration.ofMillis(50);
  private static final Duration CLOCKS_APART = Duration.ofSeconds(2);
  private static final List<Integer> PORTS = List.of(8350, 8351, 8352);

  private final Console console;
  private final Clock clock;
  @Mixin private final StoreOption store = new StoreOption();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Also look whether the coordinator there answers (default: ESPALIER_URL).")
  private Optional<String> url = Optional.empty();

  @Option(names = "--json", description = "The same as a JSON array.")
  private boolean json;

  DoctorCommand(Console console, Clock clock) {
    this.console = console;
    this.clock = clock;
  }

  /**
   * What was found.
   *
   * @param advice what to do; absent when all is well
   */
  private record Finding(String found, Optional<String> advice) {
    static Finding well(String found) {
      return new Finding(found, Optional.empty());
    }

    static Finding ill(String found, String advice) {
      return new Finding(found, Optional.of(advice));
    }
  }

  /** A finding as programs read it. */
  private record Checked(String check, boolean ok, String found, Optional<String> advice) {}

  @Override
  public Integer call() {
    var findings = new ArrayList<Checked>();
    look(findings, "Java", DoctorCommand::java);
    look(findings, "libtorch", () -> Finding.well(Libtorch.described()));
    look(findings, "devices", DoctorCommand::devices);
    look(findings, "memory", DoctorCommand::memory);
    look(findings, "store", () -> store(store.directory()));
    look(findings, "ports", DoctorCommand::ports);
    url.or(UrlOption::fromEnvironment)
        .ifPresent(address -> look(findings, "coordinator", () -> coordinator(address)));
    if (json) {
      console.out().println(ViewJson.write(findings));
    }
    return findings.stream().allMatch(Checked::ok)
        ? CommandLineInterface.OK
        : CommandLineInterface.FAILED;
  }

  private void look(List<Checked> findings, String what, Supplier<Finding> at) {
    Finding finding;
    try {
      finding = at.get();
    } catch (UserError e) {
      finding = Finding.ill("cannot be used", String.valueOf(e.getMessage()));
    }
    findings.add(new Checked(what, finding.advice().isEmpty(), finding.found(), finding.advice()));
    if (json) {
      return;
    }
    console
        .out()
        .printf(
            "%-12s %-4s %s%n", what, finding.advice().isEmpty() ? "ok" : "LOOK", finding.found());
    finding.advice().ifPresent(advice -> console.out().printf("%18s%s%n", "", advice));
  }

  private static Finding java() {
    return Finding.well(
        "%s, %s".formatted(Runtime.version(), System.getProperty("java.vendor", "?")));
  }

  private static Finding devices() {
    int cores = Runtime.getRuntime().availableProcessors();
    return Finding.well(
        "%s, %d cores"
            .formatted(
                DeviceName.parse("all").stream()
                    .map(DoctorCommand::described)
                    .collect(Collectors.joining(", ")),
                cores));
  }

  private static String described(DeviceName device) {
    return device.gpu() < 0
        ? device.text()
        : Gpus.of(device.gpu())
            .map(gpu -> "%s (%s, driver %s)".formatted(device.text(), gpu.name(), gpu.driver()))
            .orElseGet(device::text);
  }

  private static Finding memory() {
    OptionalLong available = new HostMemory().available();
    if (available.isEmpty()) {
      return Finding.well("not known on this system");
    }
    String found = String.format(Locale.ROOT, "%.1f GiB free", available.getAsLong() / GIB);
    return available.getAsLong() >= LEAST_MEMORY
        ? Finding.well(found)
        : Finding.ill(
            found, "A worker takes 1 to 2 GiB beside the model: end other programs, or use more.");
  }

  private static Finding store(Path directory) {
    Path probe = directory.resolve(".doctor-" + ProcessHandle.current().pid());
    try {
      boolean made = !Files.exists(directory);
      Files.createDirectories(directory);
      long began = System.nanoTime();
      try (var file =
          FileChannel.open(probe, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        file.write(ByteBuffer.wrap(new byte[4096]));
        file.force(true);
      } finally {
        Files.deleteIfExists(probe);
      }
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      double room = Files.getFileStore(directory).getUsableSpace();
      String found =
          String.format(
              Locale.ROOT,
              "%s, %.1f GiB free, a forced write takes %.1f ms",
              directory,
              room / GIB,
              took.toNanos() * 1e-6);
      if (made) {
        Files.delete(directory);
      }
      if (room < LEAST_ROOM) {
        return Finding.ill(
            found, "espalier gc and espalier rm make room; or name another --store.");
      }
      return took.compareTo(SLOW_DISK) < 0
          ? Finding.well(found)
          : Finding.ill(
              found, "Each decision waits for such a write: keep the store on another disk.");
    } catch (IOException e) {
      return Finding.ill(
          "%s: %s".formatted(directory, FileProblem.text(e)),
          "Name a directory that can be written with --store.");
    }
  }

  private static Finding ports() {
    List<Integer> taken = PORTS.stream().filter(port -> !isFree(port)).toList();
    return taken.isEmpty()
        ? Finding.well("8350, 8351 and 8352 are free")
        : Finding.ill(
            "%s in use"
                .formatted(taken.stream().map(String::valueOf).collect(Collectors.joining(", "))),
            "A coordinator may be running here; start another with --http-port, --flight-port and"
                + " --cluster-port.");
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }

  private Finding coordinator(String address) {
    CoordinatorClient client = CoordinatorClient.at(address);
    int workers = client.workers().size();
    Duration apart =
        Duration.between(clock.instant(), client.time().orElseGet(clock::instant)).abs();
    String found =
        "%s, %d workers, its clock is %d s off".formatted(client.url(), workers, apart.toSeconds());
    return apart.compareTo(CLOCKS_APART) <= 0
        ? Finding.well(found)
        : Finding.ill(found, "Set the clocks by NTP: times of measurements would not agree.");
  }
}
