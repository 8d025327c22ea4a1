package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A search that proposes trials from earlier ones' results, from its spec to its end. */
class LearningSearchIT {
  @TempDir Path directory;

  @Test
  void trials_are_added_as_earlier_ones_end_until_all_that_were_asked_for_have()
      throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    String yaml =
        TinySweep.yaml(
            "learning",
            "method: tpe\n  trials: 14\n  seed: 3",
            "learning_rate: {log_uniform: [1e-6, 1e-1]}");
    Path spec = tiny.write("learning.yaml", yaml);

    assertThat(InProcess.run("plan", spec, "--no-estimate").out())
        .contains("10 trials")
        .contains("Not listed: 4 more trials, proposed as these end");
    Launcher.Ended run =
        InProcess.run("run", spec, "--store", tiny.store(), "--lanes", 1, "--slots", 2, "--plain");

    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode trials =
        new ObjectMapper()
            .readTree(InProcess.run("show", "learning-1", "--store", tiny.store(), "--json").out())
            .get("trials");
    assertThat(trials).hasSize(14);
    Set<String> rates = new HashSet<>();
    trials.forEach(
        trial -> rates.add(trial.get("config").get("point").get("learning_rate").asText()));
    assertThat(rates).hasSize(14);
    assertThat(trials)
        .allSatisfy(
            trial ->
                assertThat(trial.get("result").get("outcome").get("outcome").asText())
                    .isIn("completed", "killed"));
  }
}
