package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlanIT {
  @TempDir Path directory;
  private TinySweep tiny;

  @BeforeEach
  void rows_and_a_model() {
    tiny = TinySweep.in(directory);
  }

  @Test
  void it_counts_updates_from_the_rows_and_starts_nothing() {
    Launcher.Ended plan = InProcess.run("plan", tiny.grid("tiny", "1e-3, 1e-4"));

    assertThat(plan.exitCode()).as(plan.err()).isZero();
    // 16 rows, 4 of them for evaluation, in batches of 4: 3 updates an epoch, 2 epochs.
    assertThat(plan.out()).contains("12").contains("1e-3").containsPattern("\\b3\\b.*\\b6\\b");
    assertThat(plan.out())
        .containsPattern("without evaluations: \\d+:\\d\\d of training")
        .containsPattern("Memory: about [\\d,]+ MiB");
    assertThat(tiny.store()).doesNotExist();
    assertThat(Path.of("espalier-data")).doesNotExist();
  }

  @Test
  void the_same_seed_draws_the_same_trials_and_another_does_not() {
    String first = random(7);

    assertThat(random(7)).isEqualTo(first);
    assertThat(random(8)).isNotEqualTo(first);
  }

  @Test
  void a_module_that_the_model_has_not_is_told_wherever_a_trial_names_it() {
    String space = "target_modules: [q_proj, c_attn]";
    Path spec = tiny.write("modules.yaml", TinySweep.yaml("modules", "method: grid", space));
    Launcher.Ended plan = InProcess.run("plan", spec);
    assertThat(plan.exitCode()).isEqualTo(1);
    assertThat(plan.err())
        .contains(
            "training.target_modules: this qwen2 model has no module 'c_attn'; it has q_proj");
  }

  private String random(int seed) {
    String method = "method: random\n  trials: 5\n  seed: " + seed;
    String yaml = TinySweep.yaml("random", method, "learning_rate: {log_uniform: [1e-5, 1e-3]}");
    Launcher.Ended plan = InProcess.run("plan", "--no-estimate", tiny.write("random.yaml", yaml));
    assertThat(plan.exitCode()).as(plan.err()).isZero();
    return plan.out();
  }
}
