package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.deploy.embedded.EmbeddedCluster;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials that are added to a sweep that has ended. */
class ExtendIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private TinySweep tiny;

  @BeforeEach
  void a_finished_sweep() {
    tiny = TinySweep.in(directory);
    Launcher.Ended run = InProcess.run("run", tiny.grid("tiny", "1e-3, 1e-4"), store());
    assertThat(run.exitCode()).as(run.err()).isZero();
  }

  private String store() {
    return "--store=" + tiny.store();
  }

  private Launcher.Ended extend(Object... more) {
    Object[] all = new Object[more.length + 2];
    all[0] = "extend";
    all[1] = "tiny-1";
    System.arraycopy(more, 0, all, 2, more.length);
    return InProcess.run(all);
  }

  private JsonNode sweep() throws IOException {
    return JSON.readTree(InProcess.run("show", "tiny-1", "--json", store()).out());
  }

  /** Trials that have measurements, by number, and attempts of the same update twice. */
  private Set<Integer> measured() throws IOException {
    Set<Integer> trials = new TreeSet<>();
    Set<String> rows = new TreeSet<>();
    for (String line :
        InProcess.run("metrics", "tiny-1", "--format", "jsonl", store()).out().lines().toList()) {
      JsonNode row = JSON.readTree(line);
      trials.add(row.get("trial").asInt());
      if (row.path("train_loss").isNumber()) {
        assertThat(rows.add(row.get("trial") + " " + row.get("update"))).as(line).isTrue();
      }
    }
    return trials;
  }

  @Test
  void they_are_trained_here_and_the_earlier_ones_stay_as_they_were() throws IOException {
    JsonNode before = sweep();

    Launcher.Ended extended =
        extend("--set", "lora_rank=2", "--set", "learning_rate=1e-4,3e-3", "--plain", store());

    assertThat(extended.exitCode()).as(extended.err()).isZero();
    assertThat(extended.out()).contains("rank  trial", "lora_rank", "3e-3");
    JsonNode after = sweep();
    assertThat(after.get("state").asText()).isEqualTo("COMPLETED");
    assertThat(after.get("trials")).hasSize(4);
    for (int trial = 0; trial < 4; trial++) {
      JsonNode one = after.get("trials").get(trial);
      assertThat(one.at("/result/outcome/outcome").asText()).isEqualTo("completed");
      assertThat(tiny.store().resolve("sweeps/tiny-1").resolve(one.at("/result/adapter").asText()))
          .isDirectory();
    }
    assertThat(after.get("trials").get(1).get("result"))
        .isEqualTo(before.get("trials").get(1).get("result"));
    assertThat(measured()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void a_trial_is_cloned_here_and_at_a_coordinator() throws IOException {
    Launcher.Ended cloned =
        InProcess.run("clone", "tiny-1", "1", "--set", "lora_rank=2", "--plain", store());
    assertThat(cloned.exitCode()).as(cloned.err()).isZero();
    try (EmbeddedCluster cluster = cluster()) {
      String url = cluster.address();
      Launcher.Ended there =
          InProcess.run("clone", "tiny-1", "2", "--set", "learning_rate=3e-3", "--url", url);
      assertThat(there.exitCode()).as(there.err()).isZero();
      assertThat(InProcess.run("watch", "tiny-1", "--plain", "--url", url).exitCode()).isZero();
      Launcher.Ended unknown =
          InProcess.run("clone", "tiny-1", "9", "--set", "lora_rank=2", "--url", url);
      assertThat(unknown.exitCode()).isEqualTo(1);
      assertThat(unknown.err()).contains("tiny-1 has no trial 9");
    }
    JsonNode trials = sweep().get("trials");
    assertThat(trials).hasSize(4);
    for (int trial : new int[] {2, 3}) {
      assertThat(trials.get(trial).at("/result/outcome/outcome").asText()).isEqualTo("completed");
      assertThat(trials.get(trial).at("/config/point/lora_rank").asText()).isEqualTo("2");
    }
    assertThat(trials.get(2).at("/config/point/learning_rate").asText()).isEqualTo("1e-4");
    assertThat(trials.get(3).at("/config/point/learning_rate").asText()).isEqualTo("3e-3");
  }

  private String evalLoss(int trial) throws IOException {
    return sweep().get("trials").get(trial).at("/result/metrics/eval_loss").asText();
  }

  private void adds(String command, Object... more) {
    Object[] all = new Object[more.length + 4];
    all[0] = command;
    all[1] = "tiny-1";
    System.arraycopy(more, 0, all, 2, more.length);
    all[more.length + 2] = "--plain";
    all[more.length + 3] = store();
    Launcher.Ended ended = InProcess.run(all);
    assertThat(ended.exitCode()).as(ended.err()).isZero();
  }

  @Test
  void a_clone_that_goes_on_from_a_trials_end_is_the_longer_trial() throws IOException {
    adds("clone", "0", "--from-checkpoint", "--set", "num_train_epochs=4");
    adds("clone", "0", "--set", "num_train_epochs=4");

    assertThat(sweep().get("trials").get(2).at("/fork/changed").asBoolean()).isTrue();
    assertThat(evalLoss(2)).isEqualTo(evalLoss(3)).isNotEqualTo(evalLoss(0));
    assertThat(measured()).containsExactly(0, 1, 2, 3);
    Launcher.Ended refused =
        InProcess.run("clone", "tiny-1", "2", "--from-checkpoint", "--set", "lora_rank=2", store());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("lora_rank cannot be changed from a checkpoint on");
  }

  @Test
  void a_sweep_that_has_used_its_budget_goes_on_when_it_has_more() {
    Launcher.Ended refused =
        extend("--set", "learning_rate=5e-4", "--max-device-hours", "1e-5", store());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("has used its budget of", "--max-device-hours");
    adds("extend", "--set", "learning_rate=5e-4", "--max-device-hours", "1");
  }

  @Test
  void a_coordinator_goes_on_with_it_and_knows_after_a_restart_that_it_has_ended()
      throws IOException {
    try (EmbeddedCluster cluster = cluster()) {
      String url = cluster.address();
      for (String rate : new String[] {"3e-4", "3e-3"}) {
        Launcher.Ended extended = extend("--set", "learning_rate=" + rate, "--url", url);
        assertThat(extended.exitCode()).as(extended.err()).isZero();
        assertThat(extended.out()).contains("to follow it:", "watch tiny-1 --url " + url);
        assertThat(InProcess.run("watch", "tiny-1", "--plain", "--url", url).exitCode()).isZero();
      }
      Launcher.Ended again = extend("--set", "learning_rate=3e-3", "--url", url);
      assertThat(again.exitCode()).isEqualTo(1);
      assertThat(again.err()).contains("tiny: these values make no trial that was not tried");
    }
    try (EmbeddedCluster cluster = cluster()) {
      assertThat(cluster.stopped()).isEmpty();
    }
    assertThat(sweep().get("state").asText()).isEqualTo("COMPLETED");
    assertThat(measured()).containsExactly(0, 1, 2, 3);
  }

  private EmbeddedCluster cluster() {
    return EmbeddedCluster.start(
        tiny.store(), 0, Optional.empty(), DeviceName.CPU, 1, LaneSlots.of(2));
  }

  @Test
  void what_cannot_be_tried_is_told_and_changes_nothing() throws IOException {
    JsonNode before = sweep();
    assertThat(extend("--set", "learning_rate", store()).err())
        .contains("--set learning_rate is no key with values; expected KEY=VALUE,VALUE");
    assertThat(extend("--set", "lerning_rate=1", store()).err())
        .contains("lerning_rate cannot be searched", "did you mean learning_rate?");
    Launcher.Ended tried = extend("--set", "learning_rate=0.001", store());
    assertThat(tried.exitCode()).isEqualTo(1);
    assertThat(tried.err()).contains("make no trial that was not tried").doesNotContain("\tat ");
    assertThat(InProcess.run("extend", "other-9", "--set", "learning_rate=1", store()).err())
        .contains("other-9");
    assertThat(sweep()).isEqualTo(before);
  }
}
