package io.espalier.deploy.e2e;

import static org.awaitility.Awaitility.await;

import io.espalier.common.tls.NodeCertificates;
import io.espalier.worker.node.SimulatedWorker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Coordinators and workers, each a process of its own started by the packaged launcher, on the
 * loopback network. The ports of a coordinator stay the same when it is started again.
 */
final class Cluster implements AutoCloseable {
  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  /**
   * Of one coordinator.
   *
   * @param on what a command begins with to run on its host
   */
  private record Place(String host, List<String> on, int http, int flight, int cluster) {}

  private final Path directory;
  private final Optional<String> journal;
  private final List<Place> places;
  private final Optional<Path> certificates;
  private final List<String> options;
  private final Optional<NodeCertificates> trusted;
  private final List<Launcher.Running> coordinators = new ArrayList<>();
  private final Map<String, Launcher.Running> workers = new LinkedHashMap<>();

  private Cluster(
      Path directory,
      Optional<String> journal,
      List<Place> places,
      Optional<Path> certificates,
      List<String> options) {
    this.directory = directory;
    this.options = options;
    this.journal = journal;
    this.places = places;
    this.certificates = certificates;
    this.trusted = certificates.map(NodeCertificates::in);
    for (int number = 0; number < places.size(); number++) {
      this.coordinators.add(launch(number));
    }
    for (int number = 0; number < places.size(); number++) {
      awaitReady(number);
    }
  }

  /** Starts a coordinator; its store and the workers' spools are in {@code directory}. */
  static Cluster start(Path directory) {
    return new Cluster(directory, Optional.empty(), onLoopback(1), Optional.empty(), List.of());
  }

  /**
   * Starts several on one journal, see {@code --journal}; returns when one is active.
   *
   * @param options more of each coordinator
   */
  static Cluster start(Path directory, String journal, int coordinators, String... options) {
    return start(directory, journal, onLoopback(coordinators), Optional.empty(), options);
  }

  /** The same, all nodes with the certificates of one directory. */
  static Cluster start(Path directory, String journal, int coordinators, Path certificates) {
    return start(directory, journal, onLoopback(coordinators), Optional.of(certificates));
  }

  /** One on each island. */
  static Cluster start(Path directory, String journal, Islands islands, String... options) {
    return start(
        directory,
        journal,
        IntStream.range(0, islands.count())
            .mapToObj(i -> new Place(islands.address(i), islands.on(i), 8350, 8351, 8352))
            .toList(),
        Optional.empty(),
        options);
  }

  private static Cluster start(
      Path directory,
      String journal,
      List<Place> places,
      Optional<Path> certificates,
      String... options) {
    Cluster cluster =
        new Cluster(directory, Optional.of(journal), places, certificates, List.of(options));
    await().atMost(A_MINUTE).until(() -> cluster.active().isPresent());
    return cluster;
  }

  private static List<Place> onLoopback(int coordinators) {
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
          .mapToObj(
              i ->
                  new Place(
                      "127.0.0.1",
                      List.of(),
                      free.get(3 * i),
                      free.get(3 * i + 1),
                      free.get(3 * i + 2)))
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
    return new Api(URI.create(url(places.get(coordinator))), trusted);
  }

  /** All of them, as {@code ESPALIER_URL} takes them. */
  String urls() {
    return places.stream().map(this::url).collect(Collectors.joining(","));
  }

  private String url(Place place) {
    return "%s://%s:%d"
        .formatted(certificates.isPresent() ? "https" : "http", place.host(), place.http());
  }

  /** How its nodes know each other. */
  private String security() {
    return certificates.map(own -> "--certificates=" + own).orElse("--insecure");
  }

  /** The number of the coordinator that answers for itself. */
  Optional<Integer> active() {
    return activeBut(-1);
  }

  /** As above, without asking this one, which may not answer at all. */
  Optional<Integer> activeBut(int other) {
    return IntStream.range(0, places.size())
        .filter(number -> number != other)
        .filter(number -> coordinators.get(number).alive() && api(number).answersItself())
        .boxed()
        .findFirst();
  }

  /** Of the coordinator that answers for itself, once there is one. */
  Api activeApi() {
    return api(await().atMost(A_MINUTE).until(this::active, Optional::isPresent).orElseThrow());
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
    Place own = places.get(number);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "coordinator",
                "--store=store",
                "--host=" + own.host(),
                security(),
                "--http-port=" + own.http(),
                "--flight-port=" + own.flight(),
                "--cluster-port=" + own.cluster()));
    journal.ifPresent(
        url -> arguments.addAll(List.of("--journal=" + url, "--coordinator-hosts=" + hosts())));
    arguments.addAll(options);
    return Launcher.start(directory, own.on(), Map.of(), arguments.toArray(String[]::new));
  }

  private String hosts() {
    return places.stream()
        .map(each -> each.host() + ":" + each.cluster())
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
    // Others may leave meanwhile, so their number says nothing.
    Set<String> before = workerIds();
    launchWorker(name);
    await().atMost(A_MINUTE).until(() -> !worker(name).alive() || !before.containsAll(workerIds()));
    if (!worker(name).alive()) {
      throw new AssertionError("the worker ended: " + worker(name).await());
    }
  }

  private Set<String> workerIds() {
    return api().workers().stream()
        .map(worker -> worker.get("id").asText())
        .collect(Collectors.toSet());
  }

  /**
   * As above, returns at once.
   *
   * @param more options
   */
  void launchWorker(String name, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "worker",
                "--coordinator-hosts=" + hosts(),
                security(),
                "--lanes=1",
                "--slots=1",
                "--checkpoint-every=200ms",
                "--spool=" + spool(name)));
    // With certificates nothing else may be read.
    certificates.ifPresent(own -> arguments.add("--data-root=" + directory));
    arguments.addAll(List.of(more));
    workers.put(name, Launcher.start(directory, arguments.toArray(String[]::new)));
  }

  /** The console of the first coordinator. */
  String console() {
    return url(places.get(0)) + "/";
  }

  /** Where Prometheus finds the first coordinator. */
  String metricsTarget() {
    return "%s:%d".formatted(places.get(0).host(), places.get(0).http());
  }

  /** One without tensors, in two slots; returns at once. */
  void launchSimulatedWorker(String name, String host, Duration update) {
    workers.put(
        name,
        Launcher.start(
            directory,
            SimulatedWorker.class,
            host,
            hosts(),
            spool(name).toString(),
            "2",
            Long.toString(update.toMillis()),
            "200"));
  }

  /** The process of a worker that trains; the one that watches over it is its parent. */
  ProcessHandle device(String name) {
    return worker(name).handle().children().findAny().orElse(worker(name).handle());
  }

  /** Processes that name this cluster's directory and have no parent here. */
  List<ProcessHandle> orphans() {
    Set<ProcessHandle> own =
        Stream.concat(workers.values().stream(), coordinators.stream())
            .map(Launcher.Running::handle)
            .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
            .collect(Collectors.toSet());
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(directory.toString()))
        .filter(process -> !own.contains(process) && !process.equals(ProcessHandle.current()))
        .toList();
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

  /** What each process wrote, to files of its name, and the coordinators' logs. */
  void keepLogs(Path place) {
    try (Stream<Path> logs = Files.list(directory.resolve("store/logs"))) {
      Files.createDirectories(place);
      for (Path log : logs.toList()) {
        Files.copy(log, place.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
      for (int number = 0; number < coordinators.size(); number++) {
        keepLog(place.resolve("coordinator-" + number), coordinators.get(number));
      }
      for (Map.Entry<String, Launcher.Running> worker : workers.entrySet()) {
        keepLog(place.resolve("worker-" + worker.getKey()), worker.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keepLog(Path file, Launcher.Running process) throws IOException {
    Files.writeString(file, process.out() + process.err());
  }

  /** SIGKILL to all that is left. */
  @Override
  public void close() {
    Stream.concat(workers.values().stream(), coordinators.stream())
        .forEach(Launcher.Running::close);
    trusted.ifPresent(NodeCertificates::close);
  }
}
