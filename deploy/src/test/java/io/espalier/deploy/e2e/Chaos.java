package io.espalier.deploy.e2e;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.deploy.PostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Three coordinators on network islands of their own, where these can be made, a PostgreSQL and
 * four workers, to which faults happen. What happens, and when, follows from a seed; what it took
 * is written to a file.
 */
final class Chaos implements AutoCloseable {
  /** Who trains. */
  enum Trainers {
    REAL,
    SIMULATED
  }

  private static final Duration UPDATE = Duration.ofMillis(150);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Longer than the failure detector and the resolver take together. */
  private static final Duration FROZEN = Duration.ofSeconds(25);

  /** These sweeps are too short for any of their branches to be worth its way otherwise. */
  private static final String MOVES = "--worth-moving=1s";

  private static final List<String> WORKERS = List.of("a", "b", "c", "d");

  /** The one whose spool is on a small disk. */
  private static final String ON_SMALL_DISK = "d";

  private final Trainers trainers;
  private final TinySweep sweep;
  private final Path figures;
  private final Instant began = Instant.now();
  private Random random = new Random(0);
  private long seed;
  private final Optional<Islands> islands;
  private final Optional<Tmpfs> smallDisk;
  private final PostgresServer postgres;
  private final Cluster cluster;

  /** How far each attempt of the sweep was seen to have come. */
  private final Map<Attempt, Long> seen = new HashMap<>();

  private record Attempt(int trial, String number) {}

  /**
   * @param directory for all that it keeps
   * @param figures a line is added to it for each fault: trainers, seed, what, what took how long,
   *     seconds or updates
   */
  Chaos(Trainers trainers, Path directory, Path figures) {
    this.trainers = trainers;
    sweep = TinySweep.in(directory);
    this.figures = figures;
    islands = Hosts.OfNamespaces.arePossible() ? Optional.of(Islands.lay(3)) : Optional.empty();
    smallDisk =
        Tmpfs.isPossible(directory.resolve("probe"))
            ? Optional.of(Tmpfs.on(directory.resolve("spool-" + ON_SMALL_DISK)))
            : Optional.empty();
    postgres = PostgresServer.start(islands.map(Islands::here).orElse("127.0.0.1"));
    cluster =
        islands
            .map(own -> Cluster.start(directory, postgres.url(), own, MOVES))
            .orElseGet(() -> Cluster.start(directory, postgres.url(), 3, MOVES));
    WORKERS.forEach(this::launch);
    await().atMost(PATIENCE).until(() -> api().workers().size() == WORKERS.size());
  }

  /** Of the coordinator that is active now. */
  Api api() {
    return cluster.activeApi();
  }

  boolean isReal() {
    return trainers == Trainers.REAL;
  }

  /** What a sweep needs. */
  TinySweep sweep() {
    return sweep;
  }

  String urls() {
    return cluster.urls();
  }

  private void launch(String worker) {
    if (trainers == Trainers.REAL) {
      cluster.launchWorker(worker);
    } else {
      cluster.launchSimulatedWorker(worker, islands.map(Islands::here).orElse("127.0.0.1"), UPDATE);
    }
  }

  /**
   * What happens from here on follows from this seed.
   *
   * @return faults in the order in which they shall happen, without those that cannot be made here
   */
  List<Fault> faults(long next, int count) {
    seed = next;
    random = new Random(seed);
    seen.clear();
    List<Fault> all = new ArrayList<>(List.of(Fault.values()));
    if (islands.isEmpty()) {
      all.remove(Fault.ACTIVE_CUT_OFF);
    }
    if (smallDisk.isEmpty()) {
      all.remove(Fault.DISK_FULL);
    }
    Collections.shuffle(all, random);
    return List.copyOf(all.subList(0, Math.min(count, all.size())));
  }

  /** Lets some time go by. */
  void breathe() {
    sleep(Duration.ofMillis(random.nextInt(2500)));
  }

  /** Lets a fault happen; returns when those that it hit are back, or are being started. */
  void strike(Fault fault, String sweep) {
    last(api().rows(sweep)).forEach((attempt, update) -> seen.merge(attempt, update, Math::max));
    took(fault, "happened at", seconds(began));
    switch (fault) {
      case ACTIVE_KILLED -> {
        int active = active();
        cluster.kill(active);
        awaitAnother(fault, active);
        cluster.startAgain(active);
      }
      case STANDBY_KILLED -> {
        int standby = (active() + 1 + random.nextInt(2)) % 3;
        cluster.kill(standby);
        breathe();
        cluster.startAgain(standby);
      }
      case ACTIVE_FROZEN -> {
        int active = active();
        Launcher.Running frozen = cluster.coordinator(active);
        Signals.send("STOP", frozen.handle());
        awaitAnother(fault, active);
        Signals.send("CONT", frozen.handle());
        frozen.await();
        cluster.startAgain(active);
      }
      case ACTIVE_CUT_OFF -> {
        int active = active();
        islands.orElseThrow().cut(active);
        awaitAnother(fault, active);
        cluster.coordinator(active).await();
        islands.orElseThrow().mend(active);
        cluster.startAgain(active);
      }
      case WORKER_KILLED -> {
        Set<String> before = connected();
        String worker = anyWorker();
        boolean supervisor = random.nextBoolean();
        Signals.send("KILL", supervisor ? cluster.worker(worker).handle() : cluster.device(worker));
        awaitReleased(fault, before);
        if (!cluster.worker(worker).alive()) {
          launch(worker);
        }
      }
      case WORKER_FROZEN -> {
        String worker = anyWorker();
        List<ProcessHandle> processes =
            List.of(cluster.worker(worker).handle(), cluster.device(worker));
        processes.forEach(process -> Signals.send("STOP", process));
        sleep(FROZEN);
        processes.forEach(process -> Signals.send("CONT", process));
      }
      case WORKER_PREEMPTED -> {
        String worker = anyWorker();
        Instant before = Instant.now();
        Signals.send("TERM", cluster.worker(worker).handle());
        cluster.worker(worker).await();
        took(fault, "left", seconds(before));
        breathe();
        launch(worker);
      }
      case HICCUP -> {
        ProcessHandle any =
            random.nextBoolean()
                ? cluster.device(anyWorker())
                : cluster.coordinator(random.nextInt(3)).handle();
        Signals.send("STOP", any);
        sleep(Duration.ofSeconds(3));
        Signals.send("CONT", any);
      }
      case DATABASE_RESTARTED -> {
        Instant before = Instant.now();
        postgres.crashAndRestart();
        took(fault, "answers", seconds(before));
      }
      case DISK_FULL -> {
        Tmpfs disk = smallDisk.orElseThrow();
        disk.fill();
        sleep(Duration.ofSeconds(4));
        disk.free();
        if (!cluster.worker(ON_SMALL_DISK).alive()) {
          took(fault, "worker ended", 1);
          launch(ON_SMALL_DISK);
        }
      }
    }
  }

  private int active() {
    return await().atMost(PATIENCE).until(cluster::active, Optional::isPresent).orElseThrow();
  }

  private String anyWorker() {
    return WORKERS.get(random.nextInt(WORKERS.size()));
  }

  private void awaitAnother(Fault fault, int than) {
    Instant before = Instant.now();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> cluster.activeBut(than), Optional::isPresent);
    took(fault, "another active", seconds(before));
  }

  private Set<String> connected() {
    return api().workers().stream()
        .filter(worker -> worker.get("connected").asBoolean())
        .map(worker -> worker.get("id").asText())
        .collect(Collectors.toSet());
  }

  /** Waits until one of these workers holds nothing any more because it is gone. */
  private void awaitReleased(Fault fault, Set<String> before) {
    Instant since = Instant.now();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(Api.NoAnswer.class)
        .until(
            () ->
                before.size()
                    > api().workers().stream()
                        .filter(worker -> before.contains(worker.get("id").asText()))
                        .filter(
                            worker ->
                                worker.get("connected").asBoolean()
                                    || !worker.get("holding").isEmpty())
                        .count());
    took(fault, "leases released", seconds(since));
  }

  private static Map<Attempt, Long> last(List<JsonNode> rows) {
    return rows.stream()
        .collect(
            Collectors.toMap(
                row -> new Attempt(row.get("trial").asInt(), row.get("attempt").asText()),
                row -> row.get("update").asLong(),
                Math::max));
  }

  /**
   * Writes down what moved and what was trained twice, given all rows of a sweep that has ended.
   */
  void over(String id, List<JsonNode> rows) {
    Map<Attempt, Long> kept = last(rows);
    long twice =
        seen.entrySet().stream()
            .mapToLong(at -> at.getValue() - kept.getOrDefault(at.getKey(), 0L))
            .filter(lost -> lost > 0)
            .sum();
    took("SWEEP", "updates trained twice", twice);
    took("SWEEP", "branches moved", moved(id));
  }

  /** Branches that went to a worker that had nothing to train, by the coordinators' logs. */
  private long moved(String id) {
    try (Stream<Path> logs = Files.list(sweep.store().resolve("logs"))) {
      long moved = 0;
      for (Path log : logs.toList()) {
        try (Stream<String> lines = Files.lines(log)) {
          moved += lines.filter(line -> line.contains(" of " + id + " goes on with ")).count();
        }
      }
      return moved;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What each process wrote, beside the figures. */
  void keepLogs() {
    cluster.keepLogs(figures.resolveSibling("chaos-%s-%d".formatted(trainers, seed)));
  }

  /** Processes of this cluster that belong to nobody. */
  List<ProcessHandle> orphans() {
    return cluster.orphans();
  }

  private void took(Object whose, String what, double value) {
    String line =
        String.format(Locale.ROOT, "%s,%d,%s,%s,%.1f%n", trainers, seed, whose, what, value);
    try {
      Files.createDirectories(figures.resolveSibling("."));
      Files.writeString(figures, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double seconds(Instant since) {
    return Duration.between(since, Instant.now()).toMillis() / 1000.0;
  }

  private static void sleep(Duration time) {
    try {
      TimeUnit.MILLISECONDS.sleep(time.toMillis());
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  @Override
  public void close() {
    cluster.close();
    postgres.close();
    smallDisk.ifPresent(Tmpfs::close);
    islands.ifPresent(Islands::close);
  }
}
