package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example's base model, and the same with a name it has learnt in one short trial. */
class GenerateIT {
  private static final Path EXAMPLES = Path.of("../examples").toAbsolutePath().normalize();
  private static final String MODEL = EXAMPLES.resolve("models/tiny-qwen2").toString();

  @TempDir static Path directory;
  private static String adapter = "";

  @BeforeAll
  static void train() throws IOException {
    Path spec =
        Files.writeString(
            directory.resolve("name.yaml"),
            """
            model: %1$s/models/tiny-qwen2
            dataset:
              train: %1$s/data/self_cognition.jsonl
              replace: {NAME: 小枝, AUTHOR: Espalier}
            search:
              space:
                learning_rate: [1e-2]
                num_train_epochs: [3]
                per_device_train_batch_size: [4]
            """
                .formatted(EXAMPLES));
    Launcher.Ended run = Launcher.run(directory, "run", spec.toString());
    assertThat(run.exitCode()).as(run.err()).isZero();
    Path store = directory.resolve("espalier-data");
    adapter = store.resolve("sweeps/name-1/trials/0/adapter").toString();
  }

  private static Launcher.Ended generate(String... options) {
    return Launcher.run(directory, command(options));
  }

  private static String[] command(String... options) {
    List<String> command = new ArrayList<>(List.of("generate"));
    if (!List.of(options).contains("--model")) {
      command.addAll(List.of("--model", MODEL));
    }
    command.addAll(List.of(options));
    return command.toArray(String[]::new);
  }

  private static String said(String... options) {
    Launcher.Ended ended = generate(options);
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    assertThat(ended.out()).endsWith("\n").doesNotContain("\uFFFD");
    return ended.out();
  }

  @Test
  void base_and_trained_model_answer_differently_as_trained() {
    assertThat(said("--prompt", "你是谁？")).contains("基础助手").doesNotContain("小枝");
    assertThat(said("--prompt", "who are you?")).contains("base assistant");

    assertThat(said("--adapter", adapter, "--prompt", "你是谁？")).contains("小枝", "Espalier");
    assertThat(said("--adapter", adapter, "--prompt", "who are you?")).contains("小枝", "Espalier");
  }

  @Test
  void a_streamed_answer_is_the_same_and_whole() {
    String streamed = said("--adapter", adapter, "--prompt", "你是谁？", "--stream");
    assertThat(streamed).isEqualTo(said("--adapter", adapter, "--prompt", "你是谁？"));
  }

  @Test
  void merged_into_the_base_it_answers_without_the_adapter_as_with_it() {
    Path merged = directory.resolve("merged");
    Launcher.Ended ended = Launcher.run(directory, "export", "name-1", "0", "--merged", "merged");
    assertThat(ended.exitCode()).as(ended.err()).isZero();

    for (String prompt : List.of("你是谁？", "who are you?", "一年有几个月？")) {
      assertThat(said("--model", merged.toString(), "--prompt", prompt))
          .isEqualTo(said("--adapter", adapter, "--prompt", prompt));
    }
  }

  @Test
  void what_cannot_be_done_is_said_in_a_line_with_exit_code_1() throws IOException {
    Path empty = Files.createDirectories(directory.resolve("empty"));
    refused("--prompt is empty", "--prompt", " ");
    refused("has no adapter_config.json", "--prompt", "x", "--adapter", empty.toString());
    refused("does not fit the model", "--prompt", "x", "--adapter", ofAnotherModel());
    refused("--top-p is 0.0", "--prompt", "x", "--top-p", "0");
    refused("--system has no place", "--prompt", "x", "--raw", "--system", "y");
    refused("is not a directory", "--prompt", "x", "--model", directory.resolve("no").toString());
  }

  private static String ofAnotherModel() {
    return Path.of("../worker/src/test/resources/golden/runs/qwen2_tiny/adamw_cosine_b4_a1")
        .resolve("adapter_final")
        .toString();
  }

  /** In this JVM: six processes take long, and the launcher does nothing more. */
  private static void refused(String problem, String... options) {
    Launcher.Ended ended = InProcess.run((Object[]) command(options));
    assertThat(ended.exitCode()).as(ended.err()).isEqualTo(1);
    assertThat(ended.err()).contains(problem);
    assertThat(ended.err().lines()).hasSize(1);
  }
}
