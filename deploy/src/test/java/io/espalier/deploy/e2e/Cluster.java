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
import java.util.stream.Stream;

/**
 * A coordinator and its workers, each a process of its own started by the packaged launcher, on the
 * loopback network. Its ports stay the same when the coordinator is started again.
 */
final class Cluster implements AutoCloseable {
  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  private final Path directory;
  private final int httpPort;
  private final int flightPort;
  private final int clusterPort;
  private final Map<String, Launcher.Running> workers = new LinkedHashMap<>();
  private Launcher.Running coordinator;

  private Cluster(Path directory, List<Integer> ports) {
    this.directory = directory;
    httpPort = ports.get(0);
    flightPort = ports.get(1);
    clusterPort = ports.get(2);
    coordinator = launchCoordinator();
    awaitReady();
  }

  /** Starts the coordinator; its store and the workers' spools are in {@code directory}. */
  static Cluster start(Path directory) {
    return new Cluster(directory, freePorts());
  }

  private static List<Integer> freePorts() {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
      for (ServerSocket socket : sockets) {
        socket.close();
      }
      return ports;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Api api() {
    return new Api(URI.create("http://127.0.0.1:" + httpPort));
  }

  /** SIGKILL to the coordinator; returns when it is gone. */
  void killCoordinator() {
    Signals.send("KILL", coordinator.handle());
    coordinator.await();
  }

  /** On the store and the ports that it had. */
  void startCoordinatorAgain() {
    coordinator = launchCoordinator();
    awaitReady();
  }

  private Launcher.Running launchCoordinator() {
    return Launcher.start(
        directory,
        "coordinator",
        "--store=store",
        "--http-port=" + httpPort,
        "--flight-port=" + flightPort,
        "--cluster-port=" + clusterPort);
  }

  private void awaitReady() {
    Api api = api();
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
            "--coordinator-hosts=127.0.0.1:" + clusterPort,
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

  private Launcher.Running worker(String name) {
    Launcher.Running worker = workers.get(name);
    if (worker == null) {
      throw new AssertionError("no worker " + name);
    }
    return worker;
  }

  /** SIGKILL to all that is left. */
  @Override
  public void close() {
    Stream.concat(workers.values().stream(), Stream.of(coordinator))
        .forEach(Launcher.Running::close);
  }
}
