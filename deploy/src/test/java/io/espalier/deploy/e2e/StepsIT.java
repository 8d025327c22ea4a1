package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepsIT {
  @TempDir Path directory;

  @Test
  void a_sweep_evaluates_and_leaves_checkpoints_every_so_many_updates() throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    String yaml = TinySweep.yaml("steps", "method: grid", "learning_rate: [1e-2]");
    String steps = "num_train_epochs: 3\n  eval_steps: 2\n  save_steps: 4\n  logging_steps: 1";
    Path spec = tiny.write("steps.yaml", yaml.replace("num_train_epochs: 2", steps));

    Launcher.Ended run = InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "1");

    assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    String rows =
        InProcess.run("metrics", "steps-1", "--format", "jsonl", "--store", tiny.store()).out();
    assertThat(TrialNumbers.rows(rows))
        .filteredOn(row -> row.path("metric").asText().equals("loss"))
        .extracting(row -> row.get("update").asLong())
        .containsExactly(2L, 4L, 6L, 8L, 9L);
    assertThat(TrialNumbers.rows(rows))
        .filteredOn(row -> row.path("train_loss").isNumber())
        .extracting((JsonNode row) -> row.get("update").asLong())
        .hasSize(9);
    Path trial = tiny.store().resolve("sweeps/steps-1/trials/0");
    try (Stream<Path> left = Files.list(trial)) {
      assertThat(left.map(place -> place.getFileName().toString()))
          .containsExactlyInAnyOrder("adapter", "checkpoint-4", "checkpoint-8");
    }
    assertThat(trial.resolve("checkpoint-8/adapter_model.safetensors")).isNotEmptyFile();
  }
}
