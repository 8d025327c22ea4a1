package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * PEFT's numbers through the whole product: a spec with tokenized rows in file order, started from
 * the reference's adapter, whose metrics are the reference's at every update.
 */
class GoldenSweepIT {
  private static final Path RUNS =
      Path.of("../worker/src/test/resources/golden/runs/qwen2_tiny").toAbsolutePath();
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "adamw_cosine_b4_a1",
        "adamw_cosine_b1_a4_tokennorm",
        "adamw_constwarm_b4_a1",
        "rslora_dora_b1_a4",
        "rank_pattern_b4_a1",
        "sgd_momentum_linear_b4_a1"
      })
  void every_update_has_the_loss_norm_and_learning_rate_of_peft(String name) throws IOException {
    JsonNode expected = JSON.readTree(RUNS.resolve(name).resolve("run.json").toFile());
    assertThat(inFileOrder(expected)).as("the reference takes the rows in file order").isTrue();
    TinySweep tiny = TinySweep.in(directory);
    Path spec = tiny.write("golden.yaml", spec(expected, RUNS.resolve(name)));

    Launcher.Ended run = InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "1");
    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    Launcher.Ended metrics =
        InProcess.run("metrics", "golden-1", "--format", "csv", "--store", tiny.store());

    List<String[]> lines = metrics.out().lines().map(line -> line.split(",", -1)).toList();
    List<String> header = List.of(lines.get(0));
    List<String[]> updates =
        lines.stream()
            .skip(1)
            .filter(line -> !line[header.indexOf("train_loss")].isEmpty())
            .toList();
    assertThat(updates).hasSize(30);
    for (int i = 0; i < 30; i++) {
      String[] row = updates.get(i);
      assertThat(row[header.indexOf("update")]).isEqualTo(Integer.toString(i + 1));
      close(row[header.indexOf("train_loss")], expected.get("loss_f32").get(i), 1e-5);
      JsonNode norm = expected.get("grad_norm_f64").get(i);
      close(row[header.indexOf("grad_norm")], norm, 5e-5 * norm.asDouble());
      close(row[header.indexOf("learning_rate")], expected.get("lr").get(i), 1e-15);
    }
    assertThat(updates)
        .allSatisfy(
            row ->
                assertThat(row[header.indexOf("train_loss")].replaceAll("[^0-9]|^0+", ""))
                    .hasSizeGreaterThanOrEqualTo(9));
  }

  private static void close(String written, JsonNode expected, double tolerance) {
    assertThat(Double.parseDouble(written)).isCloseTo(expected.asDouble(), within(tolerance));
  }

  private static boolean inFileOrder(JsonNode run) {
    int next = 0;
    for (JsonNode batch : run.get("micro_batches")) {
      for (JsonNode row : batch) {
        if (row.asInt() != next % 16) {
          return false;
        }
        next++;
      }
    }
    return next > 0;
  }

  private static String spec(JsonNode run, Path directory) {
    JsonNode optimizer = run.get("optimizer");
    return """
    name: golden
    model: model
    dataset: {train: rows.jsonl, shuffle: false}
    training:
      init_adapter: %s
      max_steps: 30
      per_device_train_batch_size: %s
      gradient_accumulation_steps: %s
      loss_normalisation: %s
      lr_scheduler_type: %s
      warmup_steps: %s
      optimizer: %s
      adam_beta1: %s
      adam_beta2: %s
      momentum: %s
      weight_decay: %s
      max_grad_norm: %s
    search: {space: {learning_rate: [%s]}}
    """
        .formatted(
            directory.resolve("adapter_init"),
            run.get("micro_batch_size"),
            run.get("grad_accum"),
            run.get("accum_norm").asText(),
            run.get("schedule").get("name").asText(),
            run.get("schedule").get("warmup_steps"),
            optimizer.get("name").asText().toLowerCase(Locale.ROOT),
            optimizer.path("betas").path(0).asDouble(0.9),
            optimizer.path("betas").path(1).asDouble(0.95),
            optimizer.path("momentum").asText("0"),
            optimizer.path("weight_decay").asText("0"),
            run.path("max_grad_norm").isNumber() ? run.get("max_grad_norm") : "0",
            optimizer.get("lr"));
  }
}
