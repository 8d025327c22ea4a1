package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.metrics.RowSegment;
import io.espalier.common.metrics.RowSegmentReader;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.coordinator.access.Tokens;
import io.espalier.coordinator.search.Search;
import io.espalier.worker.data.ChatTokenizer;
import io.espalier.worker.data.DatasetReader;
import io.espalier.worker.data.ModelFingerprint;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.ModelConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;

/**
 * Every parser of bytes that others wrote, given good ones that were damaged: it reads them or says
 * what is wrong, and does nothing else.
 */
class ForeignBytesTest {
  private static final Path GOLDEN = Path.of("../worker/src/test/resources/golden");
  private static final Path MODEL = GOLDEN.resolve("models/qwen2_tiny");
  private static final Path ADAPTER =
      GOLDEN.resolve("runs/qwen2_tiny/adamw_cosine_b4_a1/adapter_init");
  private static final Path TOKENIZER = Path.of("../examples/models/tiny-qwen2");

  private static final String SPEC =
      """
      name: tiny
      model: model
      dataset:
        train: rows.jsonl
        eval: 0.25
      training:
        num_train_epochs: 2
        per_device_train_batch_size: 4
        lr_scheduler_type: cosine
        warmup_ratio: 0.05
        max_grad_norm: 1
      search:
        method: grid
        space:
          learning_rate: [1e-3, 1e-4]
          lora_rank: {choice: [2, 4]}
      pruning: {method: asha, reduction_factor: 3, min_resource: 1, unit: epochs}
      guard: {gradient_norm: {ceiling: 100}, loss_spike: off}
      """;

  /** What parsers stumble over. */
  private static final List<String> HOSTILE =
      List.of(
          "9223372036854775807",
          "-9223372036854775809",
          "4294967296",
          "-1",
          "1e400",
          "NaN",
          "null",
          "true",
          "\"\"",
          "[",
          "{",
          "}",
          "]",
          ":",
          ",",
          "&a [*a]",
          "\u0000",
          "\uD800",
          "../../../../etc/passwd",
          "[".repeat(3_000),
          "{\"a\":".repeat(3_000));

  private static final Lease.Key LEASE =
      new Lease.Key(new SweepId("tiny-1"), new BranchId(0), new Attempt(1, 1));

  private Path directory = Path.of(".");

  /** One change to bytes. */
  private record Damage(int at, int length, byte[] instead) {
    byte[] of(byte[] good) {
      int from = good.length == 0 ? 0 : Math.floorMod(at, good.length);
      int to = Math.min(good.length, from + length);
      byte[] bad = new byte[good.length - (to - from) + instead.length];
      System.arraycopy(good, 0, bad, 0, from);
      System.arraycopy(instead, 0, bad, from, instead.length);
      System.arraycopy(good, to, bad, from + instead.length, good.length - to);
      return bad;
    }
  }

  @Provide
  Arbitrary<List<Damage>> damages() {
    Arbitrary<byte[]> instead =
        Arbitraries.oneOf(
            Arbitraries.of(HOSTILE).map(text -> text.getBytes(StandardCharsets.UTF_8)),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(4));
    Arbitrary<Integer> length =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.integers().between(0, 4)),
            Tuple.of(1, Arbitraries.integers().between(0, 100_000)));
    return Combinators.combine(Arbitraries.integers(), length, instead)
        .as(Damage::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3);
  }

  @BeforeProperty
  void make() throws IOException {
    directory = Files.createTempDirectory("foreign");
    Files.createDirectories(directory.resolve("model"));
    Files.copy(MODEL.resolve("config.json"), directory.resolve("model/config.json"));
    Files.writeString(directory.resolve("rows.jsonl"), rows());
  }

  @AfterProperty
  void remove() {
    org.assertj.core.util.Files.delete(directory.toFile());
  }

  private static String rows() {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      rows.append("{\"input_ids\": [1, 2, 3, %d], \"labels\": [-100, 2, 3, %d]}\n".formatted(i, i));
    }
    return rows.toString();
  }

  @Property(tries = 2_000)
  void a_specification(@ForAll("damages") List<Damage> damages) {
    String text = new String(damaged(SPEC, damages), StandardCharsets.UTF_8);
    refusedOrRead(
        () -> {
          SweepSpec spec = SpecReader.parse(text, directory, "sweep.yaml");
          assertThat(spec.name()).isNotBlank();
        });
  }

  @Property(tries = 1_000)
  void rows_of_data(@ForAll("damages") List<Damage> damages) throws IOException {
    Files.write(directory.resolve("rows.jsonl"), damaged(rows(), damages));
    SweepSpec spec = SpecReader.parse(SPEC, directory, "sweep.yaml");
    Training training = Search.trials(spec).get(0).training();
    refusedOrRead(
        () ->
            new DatasetReader(Optional.empty(), ModelFingerprint.of(MODEL))
                .read(spec.taskSettings(), training));
  }

  @Property(tries = 1_000)
  void a_models_configuration(@ForAll("damages") List<Damage> damages) throws IOException {
    Path model = directory.resolve("model");
    byte[] good = Files.readAllBytes(MODEL.resolve("config.json"));
    Files.write(model.resolve("config.json"), damaged(good, damages));
    refusedOrRead(() -> ModelConfig.read(model));
  }

  @Property(tries = 500)
  void an_adapter(@ForAll("damages") List<Damage> damages, @ForAll boolean weights)
      throws IOException {
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      byte[] good = Files.readAllBytes(ADAPTER.resolve(file));
      boolean hit = file.endsWith("safetensors") == weights;
      Files.write(directory.resolve(file), hit ? damaged(good, damages) : good);
    }
    refusedOrRead(() -> PeftFormat.read(directory, ModelConfig.read(MODEL)));
  }

  @Property(tries = 60)
  void a_tokenizer(@ForAll("damages") List<Damage> damages, @ForAll boolean settings)
      throws IOException {
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      byte[] good = Files.readAllBytes(TOKENIZER.resolve(file));
      boolean hit = file.equals("tokenizer_config.json") == settings;
      Files.write(directory.resolve("model").resolve(file), hit ? damaged(good, damages) : good);
    }
    refusedOrRead(
        () -> ChatTokenizer.open(directory.resolve("model")).ifPresent(ChatTokenizer::close));
  }

  @Property(tries = 1_000)
  void a_file_of_metrics(@ForAll("damages") List<Damage> damages) throws IOException {
    Path file = directory.resolve("segment.arrows");
    try (BufferAllocator allocator = new RootAllocator()) {
      try (RowSegment segment = RowSegment.create(file, allocator)) {
        segment.append(measured());
      }
      Files.write(file, damaged(Files.readAllBytes(file), damages));
      try (RowSegmentReader reader = new RowSegmentReader(file, allocator)) {
        while (reader.next().isPresent()) {
          // To the end of what can be read.
        }
      } catch (IOException refused) {
        assertThat(refused).hasMessageNotContaining("OutOfMemory");
      } finally {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 1_000)
  void answers_to_metrics(@ForAll("damages") List<Damage> damages) {
    List<Answer> good = List.of(new Answer.Stored(LEASE, 7), new Answer.Refused(LEASE));
    try {
      Answer.decode(damaged(Answer.encode(good), damages));
    } catch (IOException refused) {
      assertThat(refused).isNotNull();
    }
  }

  @Property(tries = 500)
  void a_file_of_tokens(@ForAll("damages") List<Damage> damages) throws IOException {
    Path file = directory.resolve("tokens");
    String line = "ann admin %s\n".formatted("0123456789abcdef".repeat(4));
    Files.write(file, damaged(line + line.replace("ann", "bob"), damages));
    refusedOrRead(() -> Tokens.in(file));
  }

  private static List<MetricRow> measured() {
    return LongStream.rangeClosed(1, 20)
        .mapToObj(
            n ->
                new MetricRow(
                    LEASE.sweep(),
                    LEASE.branch(),
                    LEASE.attempt(),
                    n,
                    n,
                    n / 10.0,
                    n * 4,
                    n * 100,
                    Instant.ofEpochSecond(n),
                    new Measurement.Update(1.0 / n, 1e-3, Double.NaN, 5)))
        .toList();
  }

  private static byte[] damaged(String good, List<Damage> damages) {
    return damaged(good.getBytes(StandardCharsets.UTF_8), damages);
  }

  private static byte[] damaged(byte[] good, List<Damage> damages) {
    byte[] bad = good;
    for (Damage damage : damages) {
      bad = damage.of(bad);
    }
    return bad;
  }

  private static void refusedOrRead(Runnable reading) {
    try {
      reading.run();
    } catch (UserError refused) {
      assertThat(refused.getMessage()).isNotBlank();
    }
  }
}
