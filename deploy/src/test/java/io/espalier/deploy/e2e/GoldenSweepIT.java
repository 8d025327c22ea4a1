package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * PEFT's numbers through the whole product: a spec with tokenized rows in file order, started from
 * the reference's adapter, whose metrics are the reference's at every update.
 */
class GoldenSweepIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OTHER = System.getProperty("espalier.golden", "");
  private static final Path GOLDEN =
      Path.of(OTHER.isEmpty() ? "../worker/src/test/resources/golden" : OTHER)
          .toAbsolutePath()
          .normalize();

  /** Of this repository's set, each feature once; of another, every run. */
  private static final List<String> CHOSEN =
      List.of(
          "qwen2_tiny/adamw_cosine_b4_a1",
          "qwen2_tiny/adamw_cosine_b1_a4_tokennorm",
          "qwen2_tiny/adamw_constwarm_b4_a1",
          "qwen2_tiny/rslora_dora_b1_a4",
          "qwen2_tiny/rank_pattern_b4_a1",
          "qwen2_tiny/sgd_momentum_linear_b4_a1",
          "gpt2_tiny/adamw_cosine_b4_a1",
          "gpt2_tiny/dora_b4_a1",
          "bert_tiny/adamw_cosine_b4_a1",
          "bert_tiny/adamw_linear_b1_a4");

  @TempDir Path directory;

  static List<String> runs() throws IOException {
    if (OTHER.isEmpty()) {
      return CHOSEN;
    }
    Path runs = GOLDEN.resolve("runs");
    try (Stream<Path> files = Files.walk(runs, 3)) {
      return files
          .filter(file -> file.endsWith("run.json"))
          .map(file -> runs.relativize(file.getParent()).toString())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("runs")
  void every_update_has_the_loss_norm_and_learning_rate_of_peft(String name) throws IOException {
    Path run = GOLDEN.resolve("runs").resolve(name);
    JsonNode expected = JSON.readTree(run.resolve("run.json").toFile());
    assumeTrue(inFileOrder(expected), "left out: the reference's rows are not in file order");
    TinySweep tiny =
        TinySweep.of(
            directory, GOLDEN, Path.of(expected.get("model").asText()).getFileName().toString());
    Path spec = tiny.write("golden.yaml", spec(expected, run));

    Launcher.Ended ended = InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "1");
    String bias = expected.get("peft").path("bias").asText("none");
    if (!bias.equals("none")) {
      assertThat(ended.exitCode()).isNotZero();
      assertThat(ended.err() + ended.out()).contains("bias is " + bias + "; supported is none");
      return;
    }
    assertThat(ended.exitCode()).as(ended.err() + ended.out()).isZero();
    Launcher.Ended metrics =
        InProcess.run("metrics", "golden-1", "--format", "csv", "--store", tiny.store());

    List<String[]> lines = metrics.out().lines().map(line -> line.split(",", -1)).toList();
    List<String> header = List.of(lines.get(0));
    List<String[]> updates =
        lines.stream()
            .skip(1)
            .filter(line -> !line[header.indexOf("train_loss")].isEmpty())
            .toList();
    assertThat(updates).hasSize(expected.get("steps").asInt());
    for (int i = 0; i < updates.size(); i++) {
      String[] row = updates.get(i);
      assertThat(row[header.indexOf("update")]).isEqualTo(Integer.toString(i + 1));
      close(row[header.indexOf("train_loss")], expected.get("loss_f32").get(i), 1e-5);
      JsonNode norm = expected.get("grad_norm_f64").get(i);
      close(row[header.indexOf("grad_norm")], norm, 5e-5 * norm.asDouble());
      close(row[header.indexOf("learning_rate")], expected.get("lr").get(i), 1e-15);
    }
  }

  /** Nine significant digits, unless fewer are all there are. */
  private static void close(String written, JsonNode expected, double tolerance) {
    double value = Double.parseDouble(written);
    assertThat(value).isCloseTo(expected.asDouble(), within(tolerance));
    if (value != expected.asDouble()) {
      assertThat(new BigDecimal(written).precision()).as(written).isGreaterThanOrEqualTo(9);
    }
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
      max_steps: %s
      per_device_train_batch_size: %s
      gradient_accumulation_steps: %s
      loss_normalisation: %s
      lr_scheduler_type: %s
      warmup_steps: %s
      optimizer: %s
      adam_beta1: %s
      adam_beta2: %s
      adam_epsilon: %s
      momentum: %s
      weight_decay: %s
      max_grad_norm: %s
    search: {space: {learning_rate: [%s]}}
    """
        .formatted(
            directory.resolve("adapter_init"),
            run.get("schedule").get("total_steps"),
            run.get("micro_batch_size"),
            run.get("grad_accum"),
            run.get("accum_norm").asText(),
            run.get("schedule").get("name").asText(),
            run.get("schedule").get("warmup_steps"),
            optimizer.get("name").asText().toLowerCase(Locale.ROOT),
            optimizer.path("betas").path(0).asDouble(0.9),
            optimizer.path("betas").path(1).asDouble(0.95),
            optimizer.path("eps").asText("1e-8"),
            optimizer.path("momentum").asText("0"),
            optimizer.path("weight_decay").asText("0"),
            run.path("max_grad_norm").isNumber() ? run.get("max_grad_norm") : "0",
            optimizer.get("lr"));
  }
}
