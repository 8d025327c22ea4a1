package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One sweep through the packaged launcher, looked at from all sides. */
class SweepIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;
  private static TinySweep tiny;
  private static Launcher.Ended run;

  @BeforeAll
  static void a_sweep_with_one_hopeless_learning_rate() {
    tiny = TinySweep.in(directory);
    Path spec = tiny.grid("tiny", "1e-3, 10, 1e-4");
    run = Launcher.run(directory, "run", spec.toString(), "--store", "store", "--lanes", "1");
  }

  @Test
  void it_ends_with_a_table_ordered_by_the_objective() {
    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    String end = run.out().substring(run.out().lastIndexOf("rank  trial"));
    assertThat(end).containsSubsequence("completed", "completed", "10", "killed");
    assertThat(end).containsPattern("Best is trial [02]").contains("metrics tiny-1 --format csv");
  }

  @Test
  void the_console_is_quiet_and_the_log_is_in_the_store() throws IOException {
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("tiny-1: watch it at http://127.0.0.1:");
    try (var logs = Files.list(tiny.store().resolve("logs"))) {
      assertThat(logs.map(Path::toString)).isNotEmpty().allMatch(log -> log.endsWith(".log"));
    }
  }

  @Test
  void a_diverged_trial_is_killed_with_rule_value_and_threshold_on_record() throws IOException {
    JsonNode result = trial(1).get("result");
    JsonNode verdict = result.get("outcome").get("verdict");
    long update = verdict.get("update").asLong();
    assertThat(result.get("outcome").get("outcome").asText()).isEqualTo("killed");
    assertThat(verdict.get("rule").asText()).isEqualTo("gradient_norm");
    assertThat(verdict.get("value").asDouble()).isGreaterThan(100);
    assertThat(verdict.get("threshold").asDouble()).isEqualTo(100);
    assertThat(result.get("updates").asLong()).isEqualTo(update - 1);
    assertThat(run.out()).contains(verdict.get("sentence").asText());

    List<JsonNode> rows =
        rows("tiny-1").stream().filter(row -> row.get("trial").asInt() == 1).toList();
    assertThat(rows).allMatch(row -> row.get("update").asLong() <= update);
    assertThat(rows)
        .filteredOn(row -> row.has("rule"))
        .singleElement()
        .satisfies(
            kill -> {
              assertThat(kill.get("update").asLong()).isEqualTo(update);
              for (String number : List.of("rule", "value", "threshold")) {
                assertThat(kill.get(number)).isEqualTo(verdict.get(number));
              }
            });
  }

  @Test
  void finished_trials_leave_adapters_in_pefts_layout() throws IOException {
    for (int number : List.of(0, 2)) {
      Path adapter = sweep().resolve(trial(number).get("result").get("adapter").asText());
      assertThat(adapter.resolve("adapter_model.safetensors")).isNotEmptyFile();
      JsonNode config = JSON.readTree(adapter.resolve("adapter_config.json").toFile());
      assertThat(config.get("peft_type").asText()).isEqualTo("LORA");
    }
  }

  @Test
  void its_neighbours_train_as_if_the_killed_one_had_not_been() throws IOException {
    Path spec = tiny.grid("calm", "1e-3, 1e-4");
    Launcher.Ended calm = InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "1");
    assertThat(calm.exitCode()).as(calm.err() + calm.out()).isZero();

    // Sweeps are numbered across their store.
    Map<Integer, List<Double>> alone = TrialNumbers.of(rows("calm-2"));
    Map<Integer, List<Double>> beside = TrialNumbers.of(rows("tiny-1"));
    assertThat(beside.get(0)).isNotEmpty().isEqualTo(alone.get(0));
    assertThat(beside.get(2)).isNotEmpty().isEqualTo(alone.get(1));
  }

  @Test
  void its_metrics_come_as_csv_json_lines_and_arrow() throws IOException {
    int rows = rows("tiny-1").size();
    Launcher.Ended csv = metrics("tiny-1", "csv");
    assertThat(csv.out()).startsWith("trial,sweep,branch,attempt,");
    assertThat(csv.out().lines()).hasSize(rows + 1);

    Path file = directory.resolve("out.arrow");
    InProcess.run("metrics", "tiny-1", "--format", "arrow", "-o", file, "--store", tiny.store());
    try (var channel = Files.newByteChannel(file);
        var allocator = new RootAllocator();
        var reader = new ArrowFileReader(channel, allocator)) {
      assertThat(reader.loadNextBatch()).isTrue();
      assertThat(reader.getVectorSchemaRoot().getRowCount()).isEqualTo(rows);
      assertThat(reader.getVectorSchemaRoot().getVector("trial").getObject(0)).isEqualTo(0);
    }
  }

  @Test
  void the_store_lists_and_shows_it_afterwards() throws IOException {
    Launcher.Ended list = InProcess.run("ls", "--store", tiny.store());
    assertThat(list.out()).contains("tiny-1").contains("completed").contains("3/3 trials");
    Launcher.Ended show = InProcess.run("show", "tiny-1", "--store", tiny.store());
    assertThat(run.out()).contains(show.out().strip());
    Launcher.Ended json = InProcess.run("show", "tiny-1", "--json", "--store", tiny.store());
    assertThat(JSON.readTree(json.out()).get("trials")).hasSize(3);
  }

  @Test
  void a_report_of_it_has_the_best_trial_with_its_commands_and_is_one_html_file()
      throws IOException {
    Launcher.Ended text = InProcess.run("report", "tiny-1", "--store", tiny.store());
    assertThat(text.out()).contains("Best: trial", "generate --model", "By epoch:", "1 killed");

    Path file = directory.resolve("report.html");
    InProcess.run("report", "tiny-1", "--html", file, "--trial", "1", "--store", tiny.store());
    assertThat(file).content().contains("<h2>Trial 1 by epoch</h2>", "id=\"curves\"");

    Launcher.Ended unknown =
        InProcess.run("report", "tiny-1", "--trial", "9", "--store", tiny.store());
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("has no trial 9; expected 0 to 2");
  }

  @Test
  void a_store_that_does_not_exist_is_an_error() {
    Launcher.Ended list = InProcess.run("ls", "--store", directory.resolve("nowhere"));

    assertThat(list.exitCode()).isEqualTo(1);
    assertThat(list.err()).contains("There is no store at").contains("nowhere");
  }

  @Test
  void an_unknown_sweep_is_answered_with_those_there_are() {
    Launcher.Ended show = InProcess.run("show", "tinny-1", "--store", tiny.store());

    assertThat(show.exitCode()).isEqualTo(1);
    assertThat(show.err()).contains("has no sweep 'tinny-1'").contains("tiny-1");
  }

  private static Path sweep() {
    return tiny.store().resolve("sweeps/tiny-1");
  }

  private static JsonNode trial(int number) throws IOException {
    return JSON.readTree(sweep().resolve("sweep.json").toFile()).get("trials").get(number);
  }

  private static Launcher.Ended metrics(String sweep, String format) {
    return InProcess.run("metrics", sweep, "--format", format, "--store", tiny.store());
  }

  private static List<JsonNode> rows(String sweep) {
    return TrialNumbers.rows(metrics(sweep, "jsonl").out());
  }
}
