package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A recorded sweep, and what other pruners would have done with it. */
class ReplayIT {
  private static final String RATES = "1e-3, 1e-30, 1e-2, 1e-4, 3e-3";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;
  private static TinySweep tiny;

  @BeforeAll
  static void train() {
    tiny = TinySweep.in(directory);
    run(tiny.longGrid("whole", RATES, 200));
  }

  /** One after another, so that reports arrive in the same order each time. */
  private static void run(Path spec) {
    Launcher.Ended run =
        InProcess.run("run", spec, "--store", tiny.store(), "--lanes", 1, "--slots", 1);
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private static Launcher.Ended replay(String pruning, Object... more) {
    List<Object> command =
        new ArrayList<>(List.of("replay", "whole-1", "--store", tiny.store(), "--pruning"));
    command.add(pruning);
    command.addAll(List.of(more));
    return InProcess.run(command.toArray());
  }

  private static String text(String pruning) {
    Launcher.Ended ended = replay(pruning);
    assertThat(ended.exitCode()).as(ended.err()).isZero();
    return ended.out();
  }

  @Test
  void a_rule_that_none_breaks_saves_nothing_and_one_that_all_break_loses_the_best() {
    assertThat(text("{method: patient, patience: 500}"))
        .startsWith("0 of 5 trials would have ended early: 0 of 3,000 updates not done")
        .contains("would have stayed");
    assertThat(text("{method: threshold, upper: 0.1}"))
        .contains("5 of 5 trials would have ended early: 2,985 of 3,000 updates not done")
        .contains("threshold after 1 epoch: eval_loss")
        .contains("would have been lost");
  }

  @Test
  void it_ends_what_the_pruner_ends_in_a_sweep_of_its_own() throws IOException {
    String asha = "{method: asha, reduction_factor: 3, min_resource: 1}";
    Path spec = tiny.longGrid("whole", RATES, 200);
    String yaml = Files.readString(spec).replace("name: whole", "name: pruned");
    run(tiny.write("pruned.yaml", yaml + "pruning: " + asha + "\n"));

    JsonNode replayed = JSON.readTree(replay(asha, "--json").out());
    JsonNode trained =
        JSON.readTree(InProcess.run("show", "pruned-2", "--json", "--store", tiny.store()).out());

    List<String> expected = new ArrayList<>();
    for (JsonNode trial : trained.get("trials")) {
      JsonNode verdict = trial.at("/result/outcome/verdict");
      if (!verdict.isMissingNode()) {
        expected.add(trial.at("/config/id").asText() + " at " + verdict.get("update").asLong());
      }
    }
    List<String> ended = new ArrayList<>();
    for (JsonNode stop : replayed.get("stops")) {
      ended.add(stop.at("/trials/0").asText() + " at " + stop.at("/verdict/update").asLong());
    }
    assertThat(ended).hasSizeGreaterThan(1).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(replayed.get("saved").asLong()).isPositive();
  }

  @Test
  void a_rule_that_is_none_or_goes_by_what_was_not_measured_is_told() {
    Launcher.Ended unknown = replay("{method: guess}");
    assertThat(unknown.exitCode()).isEqualTo(1);
    assertThat(unknown.err()).contains("--pruning:1: pruning.method: guess is not known");
    assertThat(replay("{metric: eval_accuracy}").err())
        .contains("eval_accuracy is not measured at every epoch");
    assertThat(replay("off").err()).contains("--pruning is off");
  }
}
