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

/** The same sweep with and without sharing: trials of 2, 3 1/3 and 5 epochs at two rates. */
class SharingIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;
  private static TinySweep tiny;

  @BeforeAll
  static void once_shared_and_once_not() {
    tiny = TinySweep.in(directory);
    for (String name : List.of("shared", "alone")) {
      String yaml =
          TinySweep.yaml(
                  name,
                  "method: grid",
                  "learning_rate: [1e-3, 1e-4]\n    num_train_epochs: [2, 3.3, 5]")
              .replace("metrics: [loss]", "metrics: [loss, token_accuracy]");
      Path spec =
          tiny.write(name + ".yaml", yaml + "resources: {share: " + name.equals("shared") + "}\n");
      // One trial a pass: bits are the same where passes have the same shape.
      Launcher.Ended run =
          InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "2", "--slots", "1");
      assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    }
  }

  private static JsonNode trials(String sweep) throws IOException {
    Path view = tiny.store().resolve("sweeps").resolve(sweep).resolve("sweep.json");
    return JSON.readTree(view.toFile()).get("trials");
  }

  private static List<JsonNode> rows(String sweep) {
    return TrialNumbers.rows(
        InProcess.run("metrics", sweep, "--format", "jsonl", "--store", tiny.store()).out());
  }

  @Test
  void every_trial_has_the_curve_it_has_alone_to_the_digit() {
    assertThat(TrialNumbers.of(rows("shared-1"))).isEqualTo(TrialNumbers.of(rows("alone-2")));
    assertThat(TrialNumbers.updates(rows("shared-1")).get(1)).hasSize(10);
  }

  @Test
  void the_tables_say_the_same() throws IOException {
    for (int i = 0; i < 6; i++) {
      JsonNode shared = trials("shared-1").get(i);
      JsonNode alone = trials("alone-2").get(i);
      assertThat(shared.get("config")).isEqualTo(alone.get("config"));
      assertThat(shared.get("rank")).isEqualTo(alone.get("rank"));
      for (String field :
          List.of("outcome", "updates", "samples", "tokens", "trainLoss", "metrics")) {
        assertThat(shared.get("result").get(field)).isEqualTo(alone.get("result").get(field));
      }
    }
    assertThat(table("shared-1")).isEqualTo(table("alone-2"));
  }

  /** Without the line that names the sweep. */
  private static List<String> table(String sweep) {
    return InProcess.run("show", sweep, "--store", tiny.store()).out().lines().skip(1).toList();
  }

  @Test
  void each_learning_rate_is_trained_once() throws IOException {
    assertThat(branches("shared-1")).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(branches("alone-2")).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(rows("shared-1").stream().map(row -> row.get("branch").asInt()).distinct())
        .containsExactly(0, 1);
  }

  private static List<Integer> branches(String sweep) throws IOException {
    List<Integer> branches = new ArrayList<>();
    trials(sweep).forEach(trial -> branches.add(trial.get("branch").asInt()));
    return branches;
  }

  @Test
  void every_trial_leaves_the_adapter_it_leaves_alone() throws IOException {
    for (int i = 0; i < 6; i++) {
      assertThat(weights("shared-1", i)).isEqualTo(weights("alone-2", i));
    }
  }

  private static byte[] weights(String sweep, int trial) throws IOException {
    return Files.readAllBytes(
        tiny.store()
            .resolve(
                "sweeps/%s/trials/%d/adapter/adapter_model.safetensors".formatted(sweep, trial)));
  }

  @Test
  void every_model_card_tells_of_its_own_trial() throws IOException {
    for (int i = 0; i < 6; i++) {
      assertThat(card("shared-1", i))
          .contains("| num_train_epochs |")
          .isEqualTo(card("alone-2", i));
    }
  }

  /** From the curve on, without what names files. */
  private static String card(String sweep, int trial) throws IOException {
    Path card =
        tiny.store().resolve("sweeps/%s/trials/%d/adapter/README.md".formatted(sweep, trial));
    String text = Files.readString(card);
    return text.substring(text.indexOf("## Curve"), text.indexOf("## Data"));
  }

  @Test
  void the_plan_counts_both_ways() {
    Launcher.Ended plan = InProcess.run("plan", tiny.store().resolveSibling("shared.yaml"));
    // Three updates an epoch; 6, 10 and 15 at each rate.
    assertThat(plan.out()).contains("62 updates in all", "2 branches of 30 updates");
  }
}
