package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker whose host is wanted back gives its trials to another, update for update. */
class PreemptionIT {
  @TempDir Path directory;

  @Test
  void a_worker_told_to_end_gives_its_trial_back_and_no_update_is_made_twice() {
    LongSweep sweep = LongSweep.in(directory);
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      Signals.send("TERM", cluster.worker("a").handle());
      Launcher.Ended ended = cluster.worker("a").await();
      assertThat(ended.exitCode()).as(ended.err()).isZero();
      assertThat(cluster.spool("a").resolve("cpu/results")).isEmptyDirectory();
      cluster.startWorker("c");
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      assertThat(attempts(api)).as("one more than there are trials").hasSize(LongSweep.TRIALS + 1);
    }
  }

  @Test
  void a_sweep_stopped_and_retried_ends_as_if_it_had_not_been() {
    LongSweep sweep = LongSweep.in(directory);
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      Launcher.Ended early = InProcess.run("retry", LongSweep.ID, "--url", cluster.urls());
      assertThat(early.exitCode()).isEqualTo(1);
      assertThat(early.err()).contains("long-1 has no trial that failed or was stopped");
      Set<String> first = attempts(api);
      assertThat(InProcess.run("stop", LongSweep.ID, "--url", cluster.urls()).exitCode()).isZero();
      await()
          .atMost(LongSweep.MINUTES)
          .until(() -> api.sweep(LongSweep.ID).get("state").asText(), "STOPPED"::equalsIgnoreCase);

      Launcher.Ended retried = InProcess.run("retry", LongSweep.ID, "--url", cluster.urls());
      assertThat(retried.exitCode()).as(retried.err()).isZero();
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      assertThat(attempts(api))
          .as("what was trained before it was stopped is not trained again")
          .containsAll(first)
          .hasSizeGreaterThan(LongSweep.TRIALS);
    }
  }

  @Test
  void a_sweep_paused_and_resumed_is_trained_as_if_it_had_not_been() {
    LongSweep sweep = LongSweep.in(directory);
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = sweep.start(cluster);
      Launcher.Ended paused = InProcess.run("pause", LongSweep.ID, "--url", cluster.urls());
      assertThat(paused.exitCode()).as(paused.err()).isZero();
      await()
          .atMost(LongSweep.MINUTES)
          .until(() -> api.workers().stream().allMatch(worker -> worker.get("holding").isEmpty()));
      assertThat(api.sweep(LongSweep.ID).get("state").asText()).isEqualToIgnoringCase("paused");

      assertThat(InProcess.run("resume", LongSweep.ID, "--url", cluster.urls()).exitCode())
          .isZero();
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
      Launcher.Ended late = InProcess.run("pause", LongSweep.ID, "--url", cluster.urls());
      assertThat(late.exitCode()).isEqualTo(1);
      assertThat(late.err()).contains("has ended already").contains("nothing to pause");
    }
  }

  private static Set<String> attempts(Api api) {
    return api.rows(LongSweep.ID).stream()
        .map(row -> row.get("attempt").asText())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
