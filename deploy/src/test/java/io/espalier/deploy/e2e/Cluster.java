package io.espalier.deploy.e2e;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Coordinators and workers, each a process of its own started by the packaged launcher, on the
 * loopback network. The ports of a coordinator stay the same when it is started again.
 */
final class Cluster implements AutoCloseable {
  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  /** Of one coordinator. */
  private record Ports(int http, int flight, int cluster) {}

  private final Path directory;
  private final Optional<String> journal;
  private final List<Ports> ports;
  private final List<Launcher.Running> coordinators = new ArrayList<>();
  private final Map<String, Launcher.Running> workers = new LinkedHashMap<>();

  private Cluster(Path directory, Optional<String> journal, int coordinators) {
    this.directory = directory;
    this.journal = journal;
    this.ports = freePorts(coordinators);
    for (int number = 0; number < coordinators; number++) {
      this.coordinators.add(launch(number));
    }
    for (int number = 0; number < coordinators; number++) {
      awaitReady(number);
    }
  }

  /** Starts a coordinator; its store and the workers' spools are in {@code directory}. */
  static Cluster start(Path directory) {
    return new Cluster(directory, Optional.empty(), 1);
  }

  /** Starts several on one journal, see {@code --journal}; returns when one is active. */
  static Cluster start(Path directory, String journal, int coordinators) {
    Cluster cluster = new Cluster(directory, Optional.of(journal), coordinators);
    await().atMost(A_MINUTE).until(() -> cluster.active().isPresent());
    return cluster;
  }

  private static List<Ports> freePorts(int coordinators) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 3 * coordinators; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Integer> free = sockets.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return IntStream.range(0, coordinators)
          .mapToObj(i -> new Ports(free.get(3 * i), free.get(3 * i + 1), free.get(3 * i + 2)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the first coordinator. */
  Api api() {
    return api(0);
  }

  Api api(int coordinator) {
    return new Api(URI.create("http://127.0.0.1:" + ports.get(coordinator).http()));
  }

  /** All of them, as {@code ESPALIER_URL} takes them. */
  String urls() {
    return ports.stream()
        .map(each -> "http://127.0.0.1:" + each.http())
        .collect(Collectors.joining(","));
  }

  /** The number of the coordinator that answers for itself. */
  Optional<Integer> active() {
    return IntStream.range(0, ports.size())
        .filter(number -> coordinators.get(number).alive() && api(number).answersItself())
        .boxed()
        .findFirst();
  }

  /** SIGKILL to the first coordinator; returns when it is gone. */
  void killCoordinator() {
    kill(0);
  }

  /** SIGKILL to a coordinator; returns when it is gone. */
  void kill(int coordinator) {
    Signals.send("KILL", coordinators.get(coordinator).handle());
    coordinators.get(coordinator).await();
  }

  Launcher.Running coordinator(int number) {
    return coordinators.get(number);
  }

  /** The first one, on the store and the ports that it had. */
  void startCoordinatorAgain() {
    startAgain(0);
  }

  void startAgain(int coordinator) {
    coordinators.set(coordinator, launch(coordinator));
    awaitReady(coordinator);
  }

  private Launcher.Running launch(int number) {
    Ports own = ports.get(number);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "coordinator",
                "--store=store",
                "--http-port=" + own.http(),
                "--flight-port=" + own.flight(),
                "--cluster-port=" + own.cluster()));
    journal.ifPresent(
        url -> arguments.addAll(List.of("--journal=" + url, "--coordinator-hosts=" + hosts())));
    return Launcher.start(directory, arguments.toArray(String[]::new));
  }

  private String hosts() {
    return ports.stream()
        .map(each -> "127.0.0.1:" + each.cluster())
        .collect(Collectors.joining(","));
  }

  private void awaitReady(int number) {
    Api api = api(number);
    Launcher.Running coordinator = coordinators.get(number);
    await()
        .atMost(A_MINUTE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> !coordinator.alive() || api.ready());
    if (!coordinator.alive()) {
      throw new AssertionError("the coordinator ended: " + coordinator.await());
    }
  }

  /** Starts a worker with one CPU lane; returns when it is registered. */
  void startWorker(String name) {
    int before = api().workers().size();
    workers.put(
        name,
        Launcher.start(
            directory,
            "worker",
            "--coordinator-hosts=" + hosts(),
            "--lanes=1",
            "--slots=1",
            "--checkpoint-every=200ms",
            "--spool=spool-" + name));
    await().atMost(A_MINUTE).until(() -> !worker(name).alive() || api().workers().size() > before);
    if (!worker(name).alive()) {
      throw new AssertionError("the worker ended: " + worker(name).await());
    }
  }

  /** The process of a worker that trains; the one that watches over it is its parent. */
  ProcessHandle device(String name) {
    return worker(name).handle().children().findAny().orElse(worker(name).handle());
  }

  Path spool(String worker) {
    return directory.resolve("spool-" + worker);
  }

  Launcher.Running worker(String name) {
    Launcher.Running worker = workers.get(name);
    if (worker == null) {
      throw new AssertionError("no worker " + name);
    }
    return worker;
  }

  /** SIGKILL to all that is left. */
  @Override
  public void close() {
    Stream.concat(workers.values().stream(), coordinators.stream())
        .forEach(Launcher.Running::close);
  }
}
