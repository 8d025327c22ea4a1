package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep over processes that are killed and frozen: in the end it is as if they had not been. */
class SurvivalIT {
  private static final Duration MINUTES = LongSweep.MINUTES;

  @TempDir Path directory;
  private LongSweep sweep;

  @BeforeEach
  void files() {
    sweep = LongSweep.in(directory);
  }

  @Test
  void a_worker_killed_in_the_middle_of_a_trial() throws IOException {
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      Set<Path> first = checkpoints();
      await().atMost(MINUTES).until(() -> amidTrialOfA(api, first));
      Signals.send("KILL", cluster.device("a"));
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      String next = attempts(api).stream().filter(SurvivalIT::again).findFirst().orElseThrow();
      assertThat(Files.readString(log(next))).contains("goes on after update ");
      assertThat(api.rows(LongSweep.ID))
          .filteredOn(row -> row.get("attempt").asText().equals(next))
          .allSatisfy(row -> assertThat(row.get("update").asLong()).isGreaterThan(1));
    }
  }

  /** In the store, of all branches. */
  private Set<Path> checkpoints() {
    Path branches = sweep.store().resolve("sweeps/%s/branches".formatted(LongSweep.ID));
    try (Stream<Path> files = Files.walk(branches)) {
      return files
          .filter(file -> file.getParent().endsWith("checkpoints"))
          .filter(file -> !file.getFileName().toString().startsWith("."))
          .collect(Collectors.toSet());
    } catch (IOException | UncheckedIOException e) {
      // One went while it was looked at.
      return Set.of();
    }
  }

  /**
   * Whether worker a has the better half of its trial before it and a checkpoint behind it, which
   * is newer than those seen earlier: the coordinator has removed what it replaced.
   */
  private boolean amidTrialOfA(Api api, Set<Path> earlier) {
    List<Path> now = heldByA(api).map(SurvivalIT::attempt).flatMap(this::checkpointsOf).toList();
    return now.size() == 1
        && !earlier.contains(now.get(0))
        && Long.parseLong(now.get(0).getFileName().toString()) < LongSweep.UPDATES / 2;
  }

  private Stream<Path> checkpointsOf(String attempt) {
    return checkpoints().stream().filter(file -> file.getParent().getParent().endsWith(attempt));
  }

  private Path log(String attempt) throws IOException {
    Path branches = sweep.store().resolve("sweeps/%s/branches".formatted(LongSweep.ID));
    try (Stream<Path> files = Files.walk(branches)) {
      return files
          .filter(file -> file.endsWith(Path.of(attempt, "trial.log")))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void a_coordinator_killed_and_started_again_while_the_workers_train_on() {
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      List<String> held = held(api).map(SurvivalIT::attempt).toList();
      cluster.killCoordinator();
      Instant killed = Instant.now();
      long spooled = bytes(cluster.spool("a"));
      await().atMost(MINUTES).until(() -> bytes(cluster.spool("a")) > spooled + 10_000);
      Instant started = Instant.now();
      cluster.startCoordinatorAgain();
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      assertThat(attempts(api))
          .as("leases of the coordinator's first life are good in its second")
          .hasSize(LongSweep.TRIALS)
          .containsAll(held);
      assertThat(api.rows(LongSweep.ID))
          .extracting(row -> Instant.parse(row.get("time").asText()))
          .as("rows of the time without a coordinator")
          .filteredOn(time -> time.isAfter(killed) && time.isBefore(started))
          .hasSizeGreaterThan(10);
    }
  }

  @Test
  void a_worker_frozen_until_its_trial_is_given_to_another_and_then_continued() throws IOException {
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      List<String> before = held(api).toList();
      Signals.send("STOP", cluster.device("a"));
      await().atMost(MINUTES).until(() -> held(api).anyMatch(SurvivalIT::again));
      String given = held(api).filter(SurvivalIT::again).findFirst().orElseThrow();
      String frozen =
          before.stream().filter(held -> branch(held).equals(branch(given))).findFirst().get();
      Signals.send("CONT", cluster.device("a"));
      await().atMost(MINUTES).until(() -> connected(api) == 2);
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      assertThat(api.metric("espalier_metric_rows_refused_total")).isPositive();
      assertThat(published())
          .as("adapters that count, by attempt")
          .hasSize(LongSweep.TRIALS)
          .contains(attempt(given))
          .doesNotContain(attempt(frozen));
    }
  }

  /** Under which the rows were measured that count: {@code <life of the coordinator>-<lease>}. */
  private static List<String> attempts(Api api) {
    return api.rows(LongSweep.ID).stream()
        .map(row -> row.get("attempt").asText())
        .distinct()
        .toList();
  }

  /** {@code <sweep>/<branch>@<attempt>} of every worker. */
  private static Stream<String> held(Api api) {
    return api.workers().stream().flatMap(SurvivalIT::holding);
  }

  /** It registered first. */
  private static Stream<String> heldByA(Api api) {
    return api.workers().stream()
        .min(Comparator.comparing(worker -> worker.get("registered").asText()))
        .stream()
        .flatMap(SurvivalIT::holding);
  }

  private static Stream<String> holding(JsonNode worker) {
    return StreamSupport.stream(worker.get("holding").spliterator(), false).map(JsonNode::asText);
  }

  /** The attempts whose adapters the trials' links name. */
  private List<String> published() throws IOException {
    List<String> attempts = new ArrayList<>();
    for (int trial = 0; trial < LongSweep.TRIALS; trial++) {
      Path link =
          sweep.store().resolve("sweeps/%s/trials/%d/adapter".formatted(LongSweep.ID, trial));
      Matcher found =
          Pattern.compile("branches/\\d+/(\\d+-\\d+)/").matcher(link.toRealPath().toString());
      assertThat(found.find()).as(link.toRealPath().toString()).isTrue();
      attempts.add(found.group(1));
    }
    return attempts;
  }

  private static String branch(String lease) {
    return lease.substring(0, lease.indexOf('@'));
  }

  private static String attempt(String lease) {
    return lease.substring(lease.indexOf('@') + 1);
  }

  /** Whether an attempt is one more than the trials need: leases are counted from 1. */
  private static boolean again(String attempt) {
    return Long.parseLong(attempt.substring(attempt.lastIndexOf('-') + 1)) > LongSweep.TRIALS;
  }

  private static long connected(Api api) {
    return api.workers().stream().filter(worker -> worker.get("connected").asBoolean()).count();
  }

  private static long bytes(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
