package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A sweep that takes long enough to be disturbed, and what comes of it when it is not: whatever
 * happens on the way, in the end it shall be as if it had not.
 */
final class LongSweep {
  static final String ID = "long-1";
  static final int TRIALS = 4;
  static final int UPDATES = 3 * LongSweep.EPOCHS;
  static final Duration MINUTES = Duration.ofMinutes(4);
  private static final int EPOCHS = 60;

  private static Optional<Undisturbed> undisturbed = Optional.empty();

  private final TinySweep tiny;

  private LongSweep(TinySweep tiny) {
    this.tiny = tiny;
  }

  private record Undisturbed(String table, List<JsonNode> rows) {}

  static LongSweep in(Path directory) {
    undisturbed();
    return new LongSweep(TinySweep.in(directory));
  }

  Path store() {
    return tiny.store();
  }

  /** Starts two workers, each soon in the middle of a trial, and submits the sweep. */
  Api start(Cluster cluster) {
    cluster.startWorker("a");
    cluster.startWorker("b");
    Api api = cluster.api();
    assertThat(api.submit(spec(tiny))).isEqualTo(ID);
    await()
        .atMost(MINUTES)
        .until(
            () ->
                TrialNumbers.updates(api.rows(ID)).values().stream()
                        .filter(updates -> updates.size() > 20 && updates.size() < UPDATES)
                        .count()
                    == 2);
    return api;
  }

  void awaitEnd(Api api) {
    await()
        .atMost(MINUTES)
        .ignoreExceptionsInstanceOf(Api.NoAnswer.class)
        .until(() -> api.sweep(ID).get("state").asText(), "COMPLETED"::equalsIgnoreCase);
  }

  void assertAsUndisturbed(Api api) {
    List<JsonNode> survived = api.rows(ID);
    List<Long> all = LongStream.rangeClosed(1, UPDATES).boxed().toList();
    assertThat(TrialNumbers.updates(survived))
        .as("each trial has each update once")
        .containsOnlyKeys(IntStream.range(0, TRIALS).boxed().toList())
        .allSatisfy((trial, updates) -> assertThat(updates).isEqualTo(all));
    assertThat(TrialNumbers.of(survived)).isEqualTo(TrialNumbers.of(undisturbed().rows()));
    assertThat(table(tiny)).isEqualTo(undisturbed().table());
  }

  private static Path spec(TinySweep tiny) {
    return tiny.longGrid("long", "1e-3, 2e-3, 3e-3, 4e-3", EPOCHS);
  }

  private static String table(TinySweep tiny) {
    Launcher.Ended show = InProcess.run("show", ID, "--store", tiny.store());
    assertThat(show.exitCode()).as(show.err()).isZero();
    return show.out();
  }

  /** Run once for all tests. */
  private static synchronized Undisturbed undisturbed() {
    if (undisturbed.isEmpty()) {
      undisturbed = Optional.of(run());
    }
    return undisturbed.get();
  }

  private static Undisturbed run() {
    try {
      Path directory = Files.createTempDirectory("espalier-undisturbed");
      TinySweep tiny = TinySweep.in(directory);
      // Trials that share a pass are rounded otherwise than alone.
      Launcher.Ended run =
          InProcess.run("run", spec(tiny), "--store", tiny.store(), "--lanes", "1", "--slots", "1");
      assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
      Launcher.Ended metrics =
          InProcess.run("metrics", ID, "--format", "jsonl", "--store", tiny.store());
      Undisturbed result = new Undisturbed(table(tiny), TrialNumbers.rows(metrics.out()));
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
