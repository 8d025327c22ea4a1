package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.SWEEP;
import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.row;
import static io.espalier.coordinator.metrics.Rows.updates;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.ExposedMetric;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.ManualClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CoordinatorMetricsTest {
  private static final SweepStanding STANDING =
      new SweepStanding(
          "running",
          Map.of("waiting", 7L, "leased", 2L),
          6,
          12.5,
          Map.of("pruned", 90L),
          List.of(new SweepStanding.Leader(new TrialId(4), 0.25)));

  private final ManualClock clock = new ManualClock();
  private final CoordinatorMetrics metrics = new CoordinatorMetrics(clock);

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void a_live_trial_shows_its_newest_numbers() {
    metrics.slots(1, 1);
    start(0);
    metrics.accept(updates(lease(0, 1), 1, 5));
    metrics.accept(
        List.of(
            row(lease(0, 1), 6, 5, new Measurement.Evaluation("eval", "loss", Double.NaN)),
            row(lease(0, 1), 7, 5, new Measurement.Evaluation("eval", "accuracy", 0.5)),
            row(lease(0, 1), 8, 6, new Measurement.OutOfMemory("rows_per_branch", 4, 2))));
    assertThat(espalier())
        .contains(
            "espalier_out_of_memory_total 1.0",
            "espalier_trial_train_loss{sweep=\"lr-1\",trial=\"0\"} 0.2",
            "espalier_trial_eval_loss{sweep=\"lr-1\",trial=\"0\"} NaN",
            "espalier_trial_learning_rate{sweep=\"lr-1\",trial=\"0\"} 0.001",
            "espalier_trial_gradient_norm{sweep=\"lr-1\",trial=\"0\"} 0.5",
            "espalier_trial_progress_ratio{sweep=\"lr-1\",trial=\"0\"} 0.5",
            "espalier_trial_info{branch=\"0\",effective_batch=\"4\",learning_rate=\"1e-3\","
                + "num_train_epochs=\"2.0\",sweep=\"lr-1\",trial=\"0\"} 1",
            "espalier_updates_total 5.0",
            "espalier_tokens_total 500.0",
            "espalier_metric_rows_total 8.0");
  }

  @Test
  void every_exposed_metric_is_scraped_under_its_name_with_its_help() {
    metrics.slots(1, 1);
    metrics.workers(2, 1);
    metrics.active(3, Path.of("."));
    metrics.sweepChanged(SWEEP, () -> STANDING);
    metrics.leaseLost("gone");
    metrics.checkpointKept();
    metrics.journaled(Duration.ofMillis(7));
    start(0);
    metrics.accept(updates(lease(0, 1), 1, 5));
    metrics.accept(List.of(row(lease(0, 1), 6, 5, new Measurement.Evaluation("eval", "loss", 1))));
    metrics.trialEnded(SWEEP, new TrialId(0), killed());
    String scraped = metrics.scrape("text/plain");
    for (ExposedMetric metric : ExposedMetric.values()) {
      if (metric.exposedName().startsWith("espalier_worker_")) {
        continue;
      }
      assertThat(scraped)
          .contains("# HELP %s %s\n".formatted(metric.exposedName(), metric.help()))
          .containsPattern(
              "(?m)^"
                  + metric.exposedName()
                  + (metric.kind() == ExposedMetric.Kind.HISTOGRAM ? "_bucket" : "")
                  + "[{ ]");
    }
    assertThat(espalier())
        .contains(
            "espalier_trials_total{outcome=\"killed\",sweep=\"lr-1\"} 1.0",
            "espalier_kills_total{rule=\"loss_spike\"} 1.0",
            "espalier_slots{state=\"used\"} 1.0",
            "espalier_workers 2.0",
            "espalier_workers_quarantined 1.0",
            "espalier_term 3.0",
            "espalier_leases_lost_total{kind=\"gone\"} 1.0",
            "espalier_journal_seconds_bucket{le=\"0.005\"} 0",
            "espalier_journal_seconds_bucket{le=\"0.01\"} 1",
            "espalier_update_seconds_count 4");
  }

  @Test
  void a_sweep_shows_how_it_stands_until_60_seconds_after_its_end() {
    metrics.sweepChanged(SWEEP, () -> STANDING);
    assertThat(espalier())
        .contains(
            "espalier_sweeps{state=\"running\"} 1.0",
            "espalier_slots_wanted 6.0",
            "espalier_branches{state=\"waiting\"} 7.0",
            "espalier_branches{state=\"leased\"} 2.0",
            "espalier_branches{state=\"resting\"} 0.0",
            "espalier_sweep_device_seconds{sweep=\"lr-1\"} 12.5",
            "espalier_sweep_updates_saved{by=\"pruned\",sweep=\"lr-1\"} 90.0",
            "espalier_leaderboard{rank=\"1\",sweep=\"lr-1\",trial=\"4\"} 0.25");

    metrics.sweepEnded(SWEEP, () -> STANDING);
    clock.advance(Duration.ofSeconds(60));
    assertThat(espalier())
        .contains("espalier_leaderboard{rank=\"1\",sweep=\"lr-1\",trial=\"4\"} 0.25")
        .noneMatch(line -> line.startsWith("espalier_sweeps{"));
    clock.advance(Duration.ofSeconds(1));
    assertThat(espalier()).noneMatch(line -> line.contains("lr-1"));
  }

  @Test
  void series_of_a_trial_go_60_seconds_after_its_end() {
    metrics.slots(0, 4);
    start(0);
    metrics.accept(updates(lease(0, 1), 1, 5));
    metrics.trialEnded(SWEEP, new TrialId(0), new Outcome.Completed());
    clock.advance(Duration.ofSeconds(60));
    assertThat(ofTrials()).isNotEmpty();
    clock.advance(Duration.ofSeconds(1));
    assertThat(ofTrials()).isEmpty();
  }

  @Test
  void a_trial_leased_again_keeps_one_series() {
    metrics.slots(0, 4);
    start(0);
    metrics.accept(updates(lease(0, 1), 1, 5));
    start(0);
    metrics.accept(updates(lease(0, 2), 1, 1));
    assertThat(espalier())
        .contains("espalier_trial_train_loss{sweep=\"lr-1\",trial=\"0\"} 1.0")
        .filteredOn(line -> line.startsWith("espalier_trial_train_loss"))
        .hasSize(1);
  }

  @Test
  void trials_that_share_a_branch_each_show_their_own_part() {
    metrics.slots(0, 4);
    start(0);
    metrics.trialStarted(SWEEP, new TrialId(7), new BranchId(0), config(0), 2);
    metrics.accept(updates(lease(0, 1), 1, 5));
    assertThat(espalier())
        .contains(
            "espalier_trial_progress_ratio{sweep=\"lr-1\",trial=\"0\"} 0.5",
            "espalier_trial_progress_ratio{sweep=\"lr-1\",trial=\"7\"} 1.0");
  }

  @Test
  void two_thousand_trials_leave_no_more_series_than_twice_the_slots_have() {
    metrics.slots(1, 3);
    start(0);
    metrics.accept(updates(lease(0, 1), 1, 1));
    long one = ofTrials().size();
    for (int trial = 1; trial < 2_000; trial++) {
      start(trial);
      metrics.accept(updates(lease(trial, 1), 1, 1));
      metrics.trialEnded(
          SWEEP, new TrialId(trial), trial % 3 == 0 ? killed() : new Outcome.Completed());
    }
    assertThat((long) ofTrials().size()).isEqualTo(8 * one);
    assertThat(espalier()).hasSizeLessThan(110);
    // The one that is still live outlasts all that ended.
    assertThat(ofTrials()).anyMatch(line -> line.contains("trial=\"0\""));
  }

  private void start(int trial) {
    metrics.trialStarted(SWEEP, new TrialId(trial), new BranchId(trial), config(trial), 10);
  }

  private static TrialConfig config(int trial) {
    return new TrialConfig(new TrialId(trial), Map.of("learning_rate", "1e-3"), training());
  }

  private List<String> espalier() {
    return Arrays.stream(metrics.scrape("text/plain").split("\n"))
        .filter(line -> line.startsWith("espalier_"))
        .toList();
  }

  private List<String> ofTrials() {
    return espalier().stream().filter(line -> line.startsWith("espalier_trial_")).toList();
  }

  private static Outcome killed() {
    return new Outcome.Killed(new Verdict("loss_spike", 5, 9, 3, List.of(9.0), "loss 9 > 3"));
  }

  private static Training training() {
    return Hyperparameters.of(
            Map.of(
                "learning_rate",
                "1e-3",
                "num_train_epochs",
                "2",
                "per_device_train_batch_size",
                "4"))
        .training();
  }
}
