package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.deploy.client.TalkingServer;
import io.espalier.deploy.embedded.EmbeddedCluster;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merged models of a sweep whose first trial completed, whose second was killed. */
class ExportIT {
  @TempDir static Path directory;
  private static TinySweep tiny;

  @TempDir Path made;

  @BeforeAll
  static void train() {
    tiny = TinySweep.in(directory);
    Launcher.Ended run = run("run", tiny.grid("tiny", "1e-2, 1e4"), "--store", tiny.store());
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static Launcher.Ended run(Object... arguments) {
    return InProcess.run(arguments);
  }

  private Launcher.Ended export(Object... options) {
    Object[] command = Stream.concat(Stream.of("export", "tiny-1"), Stream.of(options)).toArray();
    return run(command);
  }

  @Test
  void a_merged_model_is_whole_and_can_be_trained_on() throws IOException {
    Path merged = made.resolve("deep/merged");

    Launcher.Ended ended = export(0, "--merged", merged, "--store", tiny.store());

    assertThat(ended.exitCode()).as(ended.err()).isZero();
    assertThat(ended.out()).isEqualTo(merged + "\n");
    assertThat(ended.err())
        .contains("trial 0 of tiny-1, merged into " + directory.resolve("model"));
    assertThat(names(merged))
        .containsExactlyInAnyOrder("README.md", "config.json", "model.safetensors");
    assertThat(names(merged.getParent())).containsExactly("merged");
    assertThat(merged.resolve("config.json"))
        .hasSameBinaryContentAs(directory.resolve("model/config.json"));
    assertThat(merged.resolve("model.safetensors"))
        .hasSize(Files.size(directory.resolve("model/model.safetensors")));
    assertThat(merged.resolve("README.md"))
        .content()
        .contains("Trial 0 of tiny-1", "eval_loss", "learning_rate | 1e-2");
    double trained = lastLoss("tiny-1", tiny.store());
    assertThat(untouched(merged)).isCloseTo(trained, within(1e-5));
    assertThat(untouched(directory.resolve("model"))).isNotCloseTo(trained, within(1e-2));
  }

  /** The evaluation loss of a model that is trained at a rate which changes nothing. */
  private double untouched(Path model) {
    String name = "untouched-" + model.getFileName();
    String yaml = TinySweep.yaml(name, "method: grid", "learning_rate: [1e-30]");
    Path spec = tiny.write(name + ".yaml", yaml.replace("model: model", "model: " + model));
    Path store = made.resolve(name);
    Launcher.Ended ended = run("run", spec, "--store", store);
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    return lastLoss(name + "-1", store);
  }

  private static double lastLoss(String sweep, Path store) {
    String rows = run("metrics", sweep, "--format", "jsonl", "--store", store).out();
    return TrialNumbers.rows(rows).stream()
        .filter(row -> row.get("trial").asInt() == 0 && row.path("metric").asText().equals("loss"))
        .mapToDouble(row -> row.get("value").asDouble())
        .reduce((before, last) -> last)
        .orElseThrow();
  }

  @Test
  void a_coordinators_trial_gives_the_same_files() throws IOException {
    export(0, "--merged", made.resolve("stored"), "--store", tiny.store());
    try (EmbeddedCluster cluster =
        EmbeddedCluster.start(
            tiny.store(), 0, Optional.empty(), DeviceName.CPU, 1, LaneSlots.of(1))) {
      String url = cluster.address();
      Launcher.Ended ended = export(0, "--merged", made.resolve("fetched"), "--url", url);
      assertThat(ended.exitCode()).as(ended.err()).isZero();
    }
    for (String name : names(made.resolve("stored"))) {
      assertThat(made.resolve("fetched").resolve(name))
          .hasSameBinaryContentAs(made.resolve("stored").resolve(name));
    }
  }

  @Test
  void measurements_go_to_a_file_and_to_tensorboard() throws IOException {
    Path file = made.resolve("rows.parquet");
    Launcher.Ended parquet =
        run("export", "tiny-1", "--format", "parquet", "-o", file, "--store", tiny.store());
    assertThat(parquet.exitCode()).as(parquet.err()).isZero();
    assertThat(Files.readAllBytes(file)).startsWith("PAR1".getBytes(StandardCharsets.US_ASCII));

    Path board = made.resolve("board");
    Launcher.Ended events =
        run("export", "tiny-1", "--tensorboard", board, "--store", tiny.store());
    assertThat(events.exitCode()).as(events.err()).isZero();
    assertThat(events.err()).contains("2 trials of tiny-1");
    Path run = board.resolve("tiny-1/trial-0_learning_rate=1e-2");
    assertThat(names(run)).singleElement().asString().startsWith("events.out.tfevents.");
    assertThat(
            new String(
                Files.readAllBytes(run.resolve(names(run).get(0))), StandardCharsets.ISO_8859_1))
        .contains("brain.Event:2", "train/loss", "eval/loss");
  }

  @Test
  void where_to_must_be_said() {
    Launcher.Ended ended = run("export", "tiny-1", "--store", tiny.store());
    assertThat(ended.exitCode()).isEqualTo(2);
    assertThat(ended.err()).contains("expected one of --format, --tensorboard, --mlflow and");
  }

  @Test
  void mlflow_is_told_of_each_trial_once() throws IOException {
    String api = " /api/2.0/mlflow/";
    try (var server = new TalkingServer()) {
      server
          .on("POST" + api + "experiments/create", 200, "{\"experiment_id\":\"5\"}")
          .on("POST" + api + "runs/search", 200, "{}")
          .on("POST" + api + "runs/create", 200, "{\"run\":{\"info\":{\"run_id\":\"r\"}}}")
          .on("POST" + api + "runs/log-batch", 200, "{}")
          .on("POST" + api + "runs/update", 200, "{}");
      Object[] export = {"export", "tiny-1", "--mlflow", server.url(), "--store", tiny.store()};
      Launcher.Ended first = run(export);
      assertThat(first.exitCode()).as(first.err()).isZero();
      assertThat(first.err()).contains("2 new runs in the experiment tiny-1");
      assertThat(server.requests())
          .startsWith("GET" + api + "experiments/get-by-name?experiment_name=tiny-1");
      assertThat(server.bodies("POST" + api + "runs/log-batch"))
          .anyMatch(body -> body.contains("\"params\"") && body.contains("\"1e-2\""))
          .anyMatch(body -> body.contains("\"key\":\"train_loss\"") && body.contains("\"step\":1"))
          .anyMatch(body -> body.contains("\"key\":\"eval_loss\""));
      assertThat(server.bodies("POST" + api + "runs/update"))
          .hasSize(2)
          .anyMatch(body -> body.contains("FINISHED"))
          .anyMatch(body -> body.contains("KILLED"));

      server.on("POST" + api + "runs/search", 200, "{\"runs\":[{}]}");
      assertThat(run(export).err()).contains("0 new runs");
      server.on("POST" + api + "runs/search", 403, "{\"message\":\"no\"}");
      assertThat(run(export).err()).contains("refused runs/search: 403").contains("no");
    }
    Launcher.Ended nowhere =
        run("export", "tiny-1", "--mlflow", "http://127.0.0.1:9", "--store", tiny.store());
    assertThat(nowhere.exitCode()).isEqualTo(1);
    assertThat(nowhere.err()).contains("cannot be reached").contains("MLFLOW_TRACKING_URI");
  }

  @Test
  void what_cannot_be_done_is_said_in_a_line_and_leaves_nothing() throws IOException {
    refused("Trial 1 of tiny-1 has no adapter: it is killed", 1);
    refused("tiny-1 has no trial 7; it has 2, numbered from 0", 7);
    refused("there is no model " + made.resolve("no"), 0, "--model", made.resolve("no"));
    Files.writeString(Files.createDirectory(made.resolve("new")).resolve("mine"), "x");
    refused("nothing is overwritten", 0);
    assertThat(names(made)).containsExactly("new");
    assertThat(names(made.resolve("new"))).containsExactly("mine");
  }

  private void refused(String problem, Object... options) {
    Object[] all =
        Stream.concat(
                Stream.of(options),
                Stream.of("--merged", made.resolve("new"), "--store", tiny.store()))
            .toArray();
    Launcher.Ended ended = export(all);
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(1);
    assertThat(ended.err()).contains(problem);
    assertThat(ended.err().lines()).hasSize(1);
  }

  @Test
  void a_model_with_other_weights_is_refused_unless_it_is_named() throws IOException {
    Path store = made.resolve("store");
    TinySweep other = TinySweep.in(Files.createDirectory(made.resolve("other")));
    Launcher.Ended run = run("run", other.grid("tiny", "1e-3"), "--store", store);
    assertThat(run.exitCode()).as(run.err()).isZero();
    Path model = made.resolve("other/model");
    Files.writeString(
        model.resolve("config.json"), Files.readString(model.resolve("config.json")) + "\n");

    Launcher.Ended refused = export(0, "--merged", made.resolve("new"), "--store", store);
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains(model + " is not the model that trial 0 of tiny-1");

    Launcher.Ended named =
        export(0, "--merged", made.resolve("new"), "--store", store, "--model", model);
    assertThat(named.exitCode()).as(named.err()).isZero();
    assertThat(named.err()).contains("warning: " + model + " is not the model");
  }

  @Test
  void a_trial_that_trained_every_weight_has_nothing_to_merge() {
    String yaml = TinySweep.yaml("full", "method: grid", "learning_rate: [1e-3]");
    Path spec =
        tiny.write("full.yaml", yaml.replace("training:\n", "training:\n  train_type: full\n"));
    Path store = made.resolve("store");
    assertThat(run("run", spec, "--store", store).exitCode()).isZero();

    Launcher.Ended ended =
        run("export", "full-1", 0, "--merged", made.resolve("new"), "--store", store);

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.err())
        .contains("Trial 0 of full-1 has trained every weight (train_type: full)")
        .contains("trials/0/adapter in the sweep's directory");
    assertThat(made.resolve("new")).doesNotExist();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
