package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterruptIT {
  @TempDir Path directory;

  @Test
  void ctrl_c_ends_the_trials_cleanly_and_says_what_is_kept() throws Exception {
    TinySweep tiny = TinySweep.in(directory);
    String yaml = TinySweep.yaml("long", "method: grid", "num_train_epochs: [1, 100000]");
    Path spec = tiny.write("long.yaml", yaml.replace("  num_train_epochs: 2\n", ""));
    Launcher.Ended ended;
    try (Launcher.Running running =
        Launcher.start(directory, "run", spec.toString(), "--store", "store", "--lanes", "2")) {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () ->
                  !running.alive()
                      || running.out().contains("trial 0  num_train_epochs=1  completed"));
      running.interrupt();
      ended = running.await();
    }

    assertThat(ended.exitCode()).as(ended.err() + ended.out()).isEqualTo(130);
    assertThat(ended.err()).contains("Stopping: every trial ends at its next update");
    assertThat(ended.out())
        .contains("Interrupted: 1 of 2 trials completed")
        .contains("show long-1 --store store");
    Launcher.Ended show = InProcess.run("show", "long-1", "--store", tiny.store());
    assertThat(show.out()).contains("completed").contains("stopped");
  }
}
