package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake gives one clear message, a failing exit code and no stack trace. */
class SpecMistakesIT {
  private static final String MASKED = "{\"input_ids\": [1, 2], \"labels\": [-100, -100]}\n";

  @TempDir Path directory;
  private TinySweep tiny;

  /**
   * @param yaml what is done to a spec that is right
   * @param files what is done to the files beside it
   * @param expected parts of the message
   */
  record Mistake(String name, UnaryOperator<String> yaml, Spoil files, List<String> expected) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** Spoils files of a sweep's directory. */
  interface Spoil {
    void in(Path directory) throws IOException;
  }

  static Stream<Mistake> mistakes() {
    return Stream.of(
        spec(
            "an unknown key",
            "lr_scheduler_type",
            "lr_schedular_type",
            "mistake.yaml:9",
            "training.lr_schedular_type",
            "lr_scheduler_type"),
        spec(
            "a value of the wrong type",
            "num_train_epochs: 2",
            "num_train_epochs: many",
            "mistake.yaml:7",
            "training.num_train_epochs",
            "many"),
        spec("an empty grid", "[1e-3]", "[]", "mistake.yaml:13", "search.space.learning_rate"),
        spec("an eval share of 1.5", "0.25", "1.5", "mistake.yaml:5", "dataset.eval", "1.5"),
        spec(
            "a module that the model has not",
            "num_train_epochs: 2",
            "rank_pattern: {q_prj: 4}",
            "training.rank_pattern: this qwen2 model has no module 'q_prj'",
            "did you mean q_proj?"),
        spec(
            "a module that one trial names and the model has not",
            "learning_rate: [1e-3]",
            "target_modules: [q_proj, c_attn]",
            "training.target_modules: this qwen2 model has no module 'c_attn'"),
        spec("a model that is not there", "model: model", "model: modell", "modell"),
        files(
            "an unknown architecture",
            d -> replace(d.resolve("model/config.json"), "Qwen2ForCausalLM", "MambaForCausalLM"),
            "config.json",
            "Mamba"),
        files(
            "a truncated safetensors file",
            d -> truncate(d.resolve("model/model.safetensors")),
            "model.safetensors"),
        files(
            "a broken line in the data set",
            d -> Files.writeString(rows(d), "{\"input_ids\": [1, 2\n", StandardOpenOption.APPEND),
            "rows.jsonl",
            "17"),
        files(
            "a data set without targets",
            d -> Files.writeString(rows(d), MASKED.repeat(8)),
            "rows.jsonl"));
  }

  private static Mistake spec(String name, String right, String wrong, String... expected) {
    return new Mistake(name, yaml -> yaml.replace(right, wrong), d -> {}, List.of(expected));
  }

  private static Mistake files(String name, Spoil spoil, String... expected) {
    return new Mistake(name, yaml -> yaml, spoil, List.of(expected));
  }

  @BeforeEach
  void a_sweep_that_is_right() {
    tiny = TinySweep.in(directory);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void is_told_in_one_message(Mistake mistake) throws IOException {
    String right = TinySweep.yaml("mistake", "method: grid", "learning_rate: [1e-3]");
    Path spec = tiny.write("mistake.yaml", mistake.yaml().apply(right));
    mistake.files().in(directory);

    Launcher.Ended run = InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "1");

    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
    assertThat(run.err()).contains(mistake.expected()).doesNotContain("\tat ", "Exception");
    assertThat(run.err().lines().filter(line -> line.startsWith("espalier: "))).hasSize(1);
  }

  @Test
  void a_port_in_use_is_named() throws IOException {
    Path spec = tiny.grid("mistake", "1e-3");
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = other.getLocalPort();
      Launcher.Ended run = InProcess.run("run", spec, "--store", tiny.store(), "--http-port", port);

      assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
      assertThat(run.err()).contains(Integer.toString(port)).doesNotContain("\tat ", "Exception");
    }
  }

  @Test
  void an_unknown_command_is_a_usage_error() {
    Launcher.Ended typo = InProcess.run("rum", "spec.yaml");

    assertThat(typo.exitCode()).isEqualTo(2);
    assertThat(typo.err()).contains("rum").contains("run");
  }

  private static Path rows(Path directory) {
    return directory.resolve("rows.jsonl");
  }

  private static void replace(Path file, String from, String to) throws IOException {
    Files.writeString(file, Files.readString(file).replace(from, to));
  }

  private static void truncate(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
  }
}
