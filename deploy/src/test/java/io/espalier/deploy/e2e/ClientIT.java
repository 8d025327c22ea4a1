package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.deploy.embedded.EmbeddedCluster;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import io.espalier.worker.node.WorkerConfig;
import io.espalier.worker.node.WorkerNode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of a client against a coordinator with a worker. */
class ClientIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MINUTES = Duration.ofMinutes(2);

  @TempDir static Path directory;
  private static TinySweep tiny;
  private static EmbeddedCluster cluster;
  private static String url = "";
  private static Launcher.Ended waited;

  @BeforeAll
  static void a_coordinator_with_a_finished_sweep() {
    tiny = TinySweep.in(directory);
    cluster =
        EmbeddedCluster.start(
            tiny.store(), 0, Optional.empty(), DeviceName.CPU, 1, LaneSlots.of(1));
    url = cluster.address();
    waited = run("submit", tiny.grid("tiny", "1e-3, 10, 1e-4"), "--wait");
  }

  @AfterAll
  static void close() {
    cluster.close();
  }

  @Test
  void a_submission_can_be_waited_for_like_a_run() throws IOException {
    assertThat(waited.exitCode()).as(waited.err() + waited.out()).isZero();
    assertThat(waited.out())
        .contains("trial 0  learning_rate=1e-3", "rank  trial", "Best is trial")
        .contains("fetch tiny-1", "--url " + url);
    // Its rows came along; those that the coordinator has are not named by a path of the client's.
    try (Stream<Path> uploaded = Files.list(tiny.store().resolve("files"))) {
      assertThat(uploaded).hasSize(1);
    }
  }

  @Test
  void everything_read_from_the_coordinator_is_what_the_store_has() throws IOException {
    assertThat(run("show", "tiny-1").out()).isEqualTo(stored("show", "tiny-1").out());
    assertThat(run("ls").out()).contains("tiny-1", "completed", "3/3 trials").isNotEmpty();
    assertThat(JSON.readTree(run("ls", "--json").out()).get(0).get("id").asText())
        .isEqualTo("tiny-1");
    assertThat(run("metrics", "tiny-1", "--format", "csv").out())
        .isNotEmpty()
        .isEqualTo(stored("metrics", "tiny-1", "--format", "csv").out());

    String report = run("report", "tiny-1").out();
    String fromFiles = stored("report", "tiny-1").out();
    assertThat(report).contains("fetch tiny-1", "generate --model " + directory.resolve("model"));
    assertThat(afterCommands(report)).isEqualTo(afterCommands(fromFiles));
  }

  @Test
  void a_report_and_its_measurements_are_told_to_programs_too() throws IOException {
    JsonNode report = JSON.readTree(run("report", "tiny-1", "--json").out());
    int winner = report.get("winner").asInt();
    JsonNode best = report.get("sweep").get("trials").get(winner);
    assertThat(best.get("rank").asInt()).isEqualTo(1);
    assertThat(report.get("commands").get(0).get("code").asText()).contains("fetch tiny-1");
    JsonNode epochs = report.get("by_epoch");
    assertThat(epochs.get(epochs.size() - 1).get("eval_loss"))
        .isEqualTo(best.get("result").get("metrics").get("eval_loss"));
    assertThat(JSON.readTree(run("report", "tiny-1", "--json", "--trial", "0").out()).get("trial"))
        .isEqualTo(JSON.readTree("0"));

    assertThat(run("metrics", "tiny-1", "--json").out())
        .isNotEmpty()
        .isEqualTo(run("metrics", "tiny-1", "--format", "jsonl").out());
    assertThat(run("metrics", "tiny-1").err()).contains("--format", "--json");
  }

  @Test
  void a_sweep_whose_file_is_broken_hides_no_other() throws IOException {
    Path store = Files.createDirectories(directory.resolve("half-broken"));
    Path from = tiny.store().resolve("sweeps/tiny-1/sweep.json");
    for (String name : new String[] {"tiny-1", "torn-2"}) {
      Files.createDirectories(store.resolve("sweeps").resolve(name));
    }
    Files.copy(from, store.resolve("sweeps/tiny-1/sweep.json"));
    Files.writeString(store.resolve("sweeps/torn-2/sweep.json"), "{\"id\": ");

    assertThat(InProcess.run("show", "tiny-1", "--store", store).exitCode()).isZero();
    Launcher.Ended list = InProcess.run("ls", "--store", store);
    assertThat(list.exitCode()).isZero();
    assertThat(list.out()).contains("tiny-1");
    assertThat(list.err()).contains("Left out: ", "torn-2");
    assertThat(InProcess.run("show", "torn-2", "--store", store)).satisfies(fails("torn-2"));
  }

  @Test
  void an_adapter_is_fetched_byte_for_byte() throws IOException {
    Path fetched = directory.resolve("a/fetched");
    assertThat(run("fetch", "tiny-1", "2", "--adapter", fetched).exitCode()).isZero();

    Path stored = tiny.store().resolve("sweeps/tiny-1/trials/2/adapter");
    assertThat(names(fetched)).isNotEmpty().isEqualTo(names(stored));
    for (String name : names(stored)) {
      assertThat(fetched.resolve(name)).hasSameBinaryContentAs(stored.resolve(name));
    }
  }

  @Test
  void workers_and_logs_are_told() throws IOException {
    JsonNode workers = JSON.readTree(run("workers", "--json").out());
    assertThat(workers).hasSize(1);
    assertThat(run("workers").out()).contains("connected", "slots");
    String log = run("logs", "tiny-1", "0").out();
    assertThat(log).isNotBlank();
    JsonNode attempts = JSON.readTree(run("logs", "tiny-1", "0", "--json").out());
    assertThat(attempts).hasSize(1);
    assertThat(attempts.get(0).get("attempt").asText()).matches("\\d+-\\d+");
    assertThat(attempts.get(0).get("text").asText()).isEqualTo(log);
    assertThat(run("watch", "tiny-1").out()).contains("Best is trial");
  }

  @Test
  void a_rating_is_a_metric_of_its_trial_from_then_on() {
    Path file = tiny.write("ratings.csv", "answer,verdict\na,pass\nb,fail\nc,pass\nd,pass\n");

    Launcher.Ended rated = run("rate", "tiny-1", "2", "--file", file);

    assertThat(rated.exitCode()).as(rated.err()).isZero();
    assertThat(rated.out()).contains("human_pass_rate of trial 2 of tiny-1 is 0.75 (3 of 4 pass)");
    assertThat(run("show", "tiny-1").out()).contains("human pass rate", "0.75");
  }

  @Test
  void what_cannot_be_done_is_said_in_the_coordinators_words() {
    assertThat(run("show", "tinny-1")).satisfies(fails("tinny-1"));
    assertThat(run("stop", "tiny-1")).satisfies(fails("tiny-1"));
    assertThat(run("stop", "tiny-1", "77")).satisfies(fails("77"));
    assertThat(run("fetch", "tiny-1", "1", "--adapter", directory.resolve("none")))
        .satisfies(fails("adapter"));
    assertThat(run("submit", tiny.write("bad.yaml", "name: bad\nmodle: x\n")))
        .satisfies(fails("bad.yaml:2"));
  }

  @Test
  void a_stopped_sweep_ends_and_a_waiting_submission_with_it() {
    String yaml = TinySweep.yaml("long", "method: grid", "num_train_epochs: [100000]");
    Path spec = tiny.write("long.yaml", yaml.replace("  num_train_epochs: 2\n", ""));
    String sweep = run("submit", spec, "--no-upload").out().strip();

    CompletableFuture<Launcher.Ended> watch =
        CompletableFuture.supplyAsync(() -> run("watch", sweep, "--plain"), Threads.OWN);
    await().atMost(MINUTES).until(() -> run("workers").out().contains(sweep));
    assertThat(run("stop", sweep).exitCode()).isZero();

    Launcher.Ended ended = watch.join();
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    assertThat(ended.out()).contains("stopped");
  }

  @Test
  void
      waiting_goes_on_when_the_coordinator_is_started_again_and_its_store_can_be_rated_without_it() {
    Path store = directory.resolve("restarted");
    String yaml = TinySweep.yaml("again", "method: grid", "num_train_epochs: [300]");
    Path spec = tiny.write("again.yaml", yaml.replace("  num_train_epochs: 2\n", ""));
    Serving first = Serving.on(store, 0);
    String address = first.address();
    CompletableFuture<Launcher.Ended> waiting;
    try {
      waiting =
          CompletableFuture.supplyAsync(
              () -> InProcess.run("submit", spec, "--wait", "--plain", "--url", address),
              Threads.OWN);
      await()
          .atMost(MINUTES)
          .until(() -> InProcess.run("workers", "--url", address).out().contains("again-1"));
    } finally {
      first.close();
    }

    int port = URI.create(address).getPort();
    try (Serving second = Serving.on(store, port)) {
      assertThat(second.address()).isEqualTo(address);
      Launcher.Ended ended = waiting.join();
      assertThat(ended.exitCode()).as(ended.err()).isZero();
      assertThat(ended.err()).contains("is not heard", "Connected again.");
      assertThat(ended.out()).contains("Best is trial 0");
    }

    Path file = tiny.write("later.csv", "verdict\nyes\n");
    Launcher.Ended rated = InProcess.run("rate", "again-1", "0", "--file", file, "--store", store);
    assertThat(rated.exitCode()).as("with no coordinator running: " + rated.err()).isZero();
    assertThat(InProcess.run("show", "again-1", "--store", store).out())
        .contains("human pass rate");
  }

  /** A coordinator and a worker of one lane, as a cluster has them, in this process. */
  private record Serving(Coordinator coordinator, WorkerNode worker) implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";

    static Serving on(Path store, int httpPort) {
      Coordinator coordinator =
          Coordinator.start(
              new CoordinatorConfig(
                  store,
                  LOOPBACK,
                  LOOPBACK,
                  0,
                  0,
                  httpPort,
                  CoordinatorConfig.PATIENCE,
                  CoordinatorConfig.WORTH_MOVING,
                  Optional.empty(),
                  OptionalLong.empty(),
                  CoordinatorConfig.Security.NONE,
                  Optional.empty(),
                  Clock.systemUTC()));
      List<String> seeds = List.of(coordinator.clusterAddress());
      return new Serving(
          coordinator,
          WorkerNode.start(
              WorkerConfig.of(
                  LOOPBACK, seeds, DeviceName.CPU, 1, LaneSlots.of(1), store.resolve("spool"))));
    }

    String address() {
      return "http://%s:%d".formatted(LOOPBACK, coordinator.httpPort());
    }

    @Override
    public void close() {
      worker.close();
      coordinator.close();
    }
  }

  private static Consumer<Launcher.Ended> fails(String word) {
    return ended -> {
      assertThat(ended.exitCode()).as(ended.out()).isEqualTo(1);
      assertThat(ended.err()).startsWith("espalier: ").contains(word).doesNotContain("unexpected");
    };
  }

  /** What does not depend on where the adapter is. */
  private static String afterCommands(String report) {
    return report.substring(report.indexOf("By epoch:"));
  }

  private static List<String> names(Path adapter) throws IOException {
    try (Stream<Path> files = Files.list(adapter)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private static Launcher.Ended run(Object... arguments) {
    return InProcess.run(with(arguments, "--url", url));
  }

  private static Launcher.Ended stored(Object... arguments) {
    return InProcess.run(with(arguments, "--store", tiny.store()));
  }

  private static Object[] with(Object[] arguments, Object... more) {
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(more));
    return all.toArray();
  }
}
