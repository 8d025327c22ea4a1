package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults at random happen to three coordinators, four workers and a database while a sweep runs; in
 * the end it is as if none had. {@code mvn verify -Plong,chaos} takes many seeds, with {@code
 * -Despalier.postgresql=DIRECTORY}; {@code -Despalier.chaos.simulated=17..17
 * -Despalier.chaos.real=1..0} one alone. What the faults took is in {@code target/chaos.csv}.
 */
@Tag("postgresql")
@Tag("long")
class ChaosIT {
  private static final int TRIALS = 64;
  private static final int FAULTS = 4;
  private static final Duration END = Duration.ofMinutes(5);

  @TempDir Path directory;

  /** A cluster lives on from seed to seed, until a test fails on it. */
  private Optional<Chaos> cluster = Optional.empty();

  /** What came of the sweep when nothing happened. */
  private Optional<Outcome> undisturbed = Optional.empty();

  private int clusters;

  private record Outcome(String table, List<JsonNode> rows) {}

  @TestFactory
  Stream<DynamicTest> with_simulated_trainers() {
    return seeds(Chaos.Trainers.SIMULATED, "espalier.chaos.simulated");
  }

  @TestFactory
  Stream<DynamicTest> with_real_trainers() {
    return seeds(Chaos.Trainers.REAL, "espalier.chaos.real");
  }

  @AfterEach
  void end() {
    cluster.ifPresent(Chaos::close);
  }

  private Stream<DynamicTest> seeds(Chaos.Trainers trainers, String property) {
    String[] ends = System.getProperty(property).split("\\.\\.");
    return LongStream.rangeClosed(Long.parseLong(ends[0]), Long.parseLong(ends[1]))
        .mapToObj(
            seed ->
                DynamicTest.dynamicTest(
                    "%s trainers, seed %d".formatted(trainers, seed),
                    () -> aSweepIsAsIfNothingHadHappened(trainers, seed)));
  }

  private void aSweepIsAsIfNothingHadHappened(Chaos.Trainers trainers, long seed)
      throws IOException {
    Chaos chaos = cluster(trainers);
    try {
      if (undisturbed.isEmpty()) {
        undisturbed = Optional.of(run(chaos, List.of()));
      }
      assertAsUndisturbed(run(chaos, chaos.faults(seed, FAULTS)), trainers);
    } catch (RuntimeException | AssertionError e) {
      chaos.keepLogs();
      chaos.close();
      cluster = Optional.empty();
      throw e;
    }
  }

  private Chaos cluster(Chaos.Trainers trainers) throws IOException {
    if (cluster.isEmpty()) {
      Path place = Files.createDirectory(directory.resolve(Integer.toString(++clusters)));
      cluster = Optional.of(new Chaos(trainers, place, Path.of("target/chaos.csv")));
    }
    return cluster.get();
  }

  private static Outcome run(Chaos chaos, List<Fault> faults) {
    String sweep = chaos.api().submit(spec(chaos));
    for (Fault fault : faults) {
      chaos.breathe();
      chaos.strike(fault, sweep);
    }
    await()
        .atMost(END)
        .ignoreExceptionsInstanceOf(Api.NoAnswer.class)
        .until(() -> chaos.api().sweep(sweep).get("state").asText(), "COMPLETED"::equalsIgnoreCase);
    await()
        .atMost(END)
        .ignoreExceptionsInstanceOf(Api.NoAnswer.class)
        .until(
            () ->
                chaos.api().workers().stream().allMatch(worker -> worker.get("holding").isEmpty()));
    await().atMost(END).until(() -> chaos.orphans().isEmpty());
    List<JsonNode> rows = chaos.api().rows(sweep);
    chaos.over(sweep, rows);
    Launcher.Ended show = InProcess.run("show", sweep, "--url", chaos.urls());
    assertThat(show.exitCode()).as(show.err()).isZero();
    return new Outcome(show.out().replace(sweep, "SWEEP"), rows);
  }

  private void assertAsUndisturbed(Outcome survived, Chaos.Trainers trainers) {
    List<Long> all = LongStream.rangeClosed(1, updates(trainers)).boxed().toList();
    assertThat(TrialNumbers.updates(survived.rows()))
        .as("each trial has each update once")
        .containsOnlyKeys(IntStream.range(0, TRIALS).boxed().toList())
        .allSatisfy((trial, updates) -> assertThat(updates).isEqualTo(all));
    Outcome expected = undisturbed.orElseThrow();
    assertThat(TrialNumbers.of(survived.rows())).isEqualTo(TrialNumbers.of(expected.rows()));
    assertThat(survived.table()).isEqualTo(expected.table());
  }

  private static int updates(Chaos.Trainers trainers) {
    return trainers == Chaos.Trainers.REAL ? 3 * 40 : 16 * 2;
  }

  /**
   * Trials long enough that any fault hits some of them in their midst. A real trainer has 12 rows
   * for training, which are 3 updates an epoch, a simulated one 64 rows.
   */
  private static Path spec(Chaos chaos) {
    String rates =
        IntStream.rangeClosed(1, TRIALS)
            .mapToObj("%de-5"::formatted)
            .collect(Collectors.joining(", "));
    return chaos.sweep().longGrid("chaos", rates, chaos.isReal() ? 40 : 2);
  }
}
