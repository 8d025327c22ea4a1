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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same sweep with and without sharing: trials of three lengths at two rates. Under a constant
 * schedule the shorter ones end on the longest one's way; where each falls at its end they fork.
 */
class SharingIT {
  private static final String CONSTANT = "constant";
  private static final String FALLING = "falling";
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path directory;
  private static TinySweep tiny;

  @BeforeAll
  static void once_shared_and_once_not() {
    tiny = TinySweep.in(directory);
    run(CONSTANT, "[2, 3.3, 5]", "lr_scheduler_type: constant");
    run(FALLING, "[4, 5, 8]", "lr_scheduler_type: warmup_stable_decay\n  num_decay_steps: 2");
  }

  private static void run(String kind, String epochs, String schedule) {
    for (String how : List.of("shared", "alone")) {
      String yaml =
          TinySweep.yaml(
                  kind + "-" + how,
                  "method: grid",
                  "learning_rate: [1e-3, 1e-4]\n    num_train_epochs: " + epochs)
              .replace("metrics: [loss]", "metrics: [loss, token_accuracy]")
              .replace("lr_scheduler_type: constant", schedule);
      Path spec =
          tiny.write(
              "%s-%s.yaml".formatted(kind, how),
              yaml + "resources: {share: " + how.equals("shared") + "}\n");
      // One trial a pass: bits are the same where passes have the same shape.
      Launcher.Ended run =
          InProcess.run("run", spec, "--store", tiny.store(), "--lanes", "2", "--slots", "1");
      assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
    }
  }

  private static String shared(String kind) {
    return kind + "-shared-" + (kind.equals(CONSTANT) ? 1 : 3);
  }

  private static String alone(String kind) {
    return kind + "-alone-" + (kind.equals(CONSTANT) ? 2 : 4);
  }

  private static JsonNode trials(String sweep) throws IOException {
    Path view = tiny.store().resolve("sweeps").resolve(sweep).resolve("sweep.json");
    return JSON.readTree(view.toFile()).get("trials");
  }

  private static List<JsonNode> rows(String sweep) {
    return TrialNumbers.rows(
        InProcess.run("metrics", sweep, "--format", "jsonl", "--store", tiny.store()).out());
  }

  @ParameterizedTest
  @ValueSource(strings = {CONSTANT, FALLING})
  void every_trial_has_the_curve_it_has_alone_to_the_digit(String kind) {
    assertThat(TrialNumbers.of(rows(shared(kind)))).isEqualTo(TrialNumbers.of(rows(alone(kind))));
    assertThat(TrialNumbers.updates(rows(shared(kind))).get(1))
        .hasSize(kind.equals(CONSTANT) ? 10 : 15);
  }

  @ParameterizedTest
  @ValueSource(strings = {CONSTANT, FALLING})
  void the_tables_say_the_same(String kind) throws IOException {
    for (int i = 0; i < 6; i++) {
      JsonNode shared = trials(shared(kind)).get(i);
      JsonNode alone = trials(alone(kind)).get(i);
      assertThat(shared.get("config")).isEqualTo(alone.get("config"));
      assertThat(shared.get("rank")).isEqualTo(alone.get("rank"));
      for (String field :
          List.of("outcome", "updates", "samples", "tokens", "trainLoss", "metrics")) {
        assertThat(shared.get("result").get(field)).isEqualTo(alone.get("result").get(field));
      }
    }
    assertThat(table(shared(kind))).isEqualTo(table(alone(kind)));
  }

  /** Without the line that names the sweep. */
  private static List<String> table(String sweep) {
    return InProcess.run("show", sweep, "--store", tiny.store()).out().lines().skip(1).toList();
  }

  @Test
  void each_learning_rate_is_trained_once() throws IOException {
    assertThat(branches(shared(CONSTANT))).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(branches(alone(CONSTANT))).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(rows(shared(CONSTANT)).stream().map(row -> row.get("branch").asInt()).distinct())
        .containsExactly(0, 1);
  }

  @Test
  void what_falling_trials_have_in_common_is_trained_once() throws IOException {
    assertThat(branches(shared(FALLING))).containsExactly(0, 1, 2, 3, 4, 5);
    // Of two updates that fall the first still has the whole rate: 24 updates, 11 of them with 12.
    assertThat(trials(shared(FALLING)).get(0).at("/fork/update").asInt()).isEqualTo(11);
    assertThat(own(0)).containsExactly(12L);
    assertThat(own(1)).containsExactly(15L);
  }

  /** What was trained on a branch itself. */
  private static List<Long> own(int branch) {
    return rows(shared(FALLING)).stream()
        .filter(row -> row.get("branch").asInt() == branch && row.has("train_loss"))
        .map(row -> row.get("update").asLong())
        .distinct()
        .toList();
  }

  private static List<Integer> branches(String sweep) throws IOException {
    List<Integer> branches = new ArrayList<>();
    trials(sweep).forEach(trial -> branches.add(trial.get("branch").asInt()));
    return branches;
  }

  @ParameterizedTest
  @ValueSource(strings = {CONSTANT, FALLING})
  void every_trial_leaves_the_adapter_it_leaves_alone(String kind) throws IOException {
    for (int i = 0; i < 6; i++) {
      assertThat(weights(shared(kind), i)).isEqualTo(weights(alone(kind), i));
    }
  }

  private static byte[] weights(String sweep, int trial) throws IOException {
    return Files.readAllBytes(
        tiny.store()
            .resolve(
                "sweeps/%s/trials/%d/adapter/adapter_model.safetensors".formatted(sweep, trial)));
  }

  @ParameterizedTest
  @ValueSource(strings = {CONSTANT, FALLING})
  void every_model_card_tells_of_its_own_trial(String kind) throws IOException {
    for (int i = 0; i < 6; i++) {
      assertThat(card(shared(kind), i))
          .contains("num_train_epochs: ")
          .isEqualTo(card(alone(kind), i));
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
    Launcher.Ended plan =
        InProcess.run("plan", tiny.store().resolveSibling("constant-shared.yaml"));
    // Three updates an epoch; 6, 10 and 15 at each rate.
    assertThat(plan.out()).contains("62 updates in all", "2 branches of 30 updates");
  }

  @Test
  void what_is_to_be_reproducible_leaves_the_same_bytes_alone_and_beside_others()
      throws IOException {
    List<List<byte[]>> adapters = new ArrayList<>();
    for (int slots : new int[] {1, 3}) {
      String name = "bytes-" + slots;
      String yaml = TinySweep.yaml(name, "method: grid", "learning_rate: [1e-3, 1e-4, 3e-4]");
      Path spec = tiny.write(name + ".yaml", yaml + "reproducible: true\n");
      Path store = directory.resolve(name);
      Launcher.Ended run =
          InProcess.run("run", spec, "--store", store, "--lanes", "1", "--slots", slots);
      assertThat(run.exitCode()).as(run.err() + run.out()).isZero();
      List<byte[]> left = new ArrayList<>();
      for (int trial = 0; trial < 3; trial++) {
        Path adapter = store.resolve("sweeps/%s-1/trials/%d/adapter".formatted(name, trial));
        left.add(Files.readAllBytes(adapter.resolve("adapter_model.safetensors")));
      }
      adapters.add(left);
    }
    for (int trial = 0; trial < 3; trial++) {
      assertThat(adapters.get(1).get(trial)).isEqualTo(adapters.get(0).get(trial));
    }
  }
}
