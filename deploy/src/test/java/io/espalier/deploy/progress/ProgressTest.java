package io.espalier.deploy.progress;

import static io.espalier.deploy.progress.Moments.completed;
import static io.espalier.deploy.progress.Moments.killed;
import static io.espalier.deploy.progress.Moments.running;
import static io.espalier.deploy.progress.Moments.update;
import static io.espalier.deploy.progress.Moments.waiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProgressTest {
  @Test
  void a_bar_shows_the_sweep_and_a_line_each_running_trial() {
    Moment moment =
        Moments.at(
            92,
            List.of(
                completed(0, "1e-3", 2),
                killed(1, "10", 2),
                running(2, "1e-4", 2),
                running(3, "1e-5", 12)),
            update(2, 5, 3.25, 8.7e-5),
            update(3, 73, 0.5, 0));

    assertThat(Progress.block(moment, new Sparks(), 200, 10))
        .containsExactly(
            "tiny-1  ━━━━━━━━━━━━────────────  2/4 trials (1 killed), 1:32 elapsed, about 0:57 left",
            "  trial 2  learning_rate=1e-4  epoch 0.5/2   loss 3.250  lr 8.7e-05  5,210 tokens/s",
            "  trial 3  learning_rate=1e-5  epoch 7.3/12  loss 0.500  lr 0        5,210 tokens/s");
  }

  @Test
  void what_a_killed_trial_did_not_do_is_not_waited_for() {
    Moment moment = Moments.at(10, List.of(completed(0, "1e-3", 1), killed(1, "10", 1_000)));

    assertThat(moment.remaining()).hasValueSatisfying(left -> assertThat(left).isZero());
  }

  @Test
  void no_time_left_is_guessed_before_anything_was_trained() {
    Moment moment = Moments.at(10, List.of(running(0, "1e-3", 1)));

    assertThat(Progress.block(moment, new Sparks(), 200, 10))
        .containsExactly(
            "tiny-1  ────────────────────────  0/1 trials, 0:10 elapsed",
            "  trial 0  learning_rate=1e-3  starting");
  }

  @Test
  void nor_from_the_first_few_updates() {
    TrialView trial = running(0, "1e-3", 10);

    assertThat(Moments.at(10, List.of(trial), update(0, 4, 1, 1e-3)).remaining()).isEmpty();
    assertThat(Moments.at(10, List.of(trial), update(0, 5, 1, 1e-3)).remaining())
        .contains(Duration.ofSeconds(190));
  }

  @Test
  void what_trials_share_is_waited_for_once() {
    List<TrialView> trials =
        List.of(
            Moments.on(0, completed(0, "1e-3", 1)),
            Moments.on(0, running(1, "1e-3", 2)),
            Moments.on(0, running(2, "1e-3", 4)));

    assertThat(Moments.at(10, trials, update(0, 20, 1, 1e-3)).remaining())
        .contains(Duration.ofSeconds(10));
  }

  @Test
  void of_a_sweep_that_was_extended_only_what_was_added_counts_from_then_on() {
    List<TrialView> trials = List.of(completed(0, "1e-3", 10), running(1, "1e-4", 2));
    Moment moment = Moments.extended(1000, Moments.at(1010, trials, update(1, 10, 1, 1e-3)), 1);

    assertThat(Progress.line(moment)).startsWith("1/2 trials, 0:10 elapsed, about 0:10 left");
  }

  @Test
  void a_trial_is_not_shown_beyond_its_end_while_its_branch_goes_on() {
    Moment moment =
        Moments.at(1, List.of(Moments.on(0, running(1, "1e-3", 1))), update(0, 13, 1, 1e-3));

    assertThat(Progress.line(moment)).contains("epoch 1.0/1");
  }

  @Test
  void before_the_data_is_read_it_says_so() {
    Moment moment =
        new Moment(
            Moments.view(SweepView.State.PREPARING, List.of()),
            List.of(),
            Moments.SUBMITTED.plusSeconds(3725));

    assertThat(Progress.line(moment))
        .isEqualTo("reading model and data, measuring the base, 1:02:05 elapsed");
  }

  @Test
  void lines_are_cut_to_the_terminals_width() {
    Moment moment = Moments.at(1, List.of(running(0, "1e-3", 1)), update(0, 1, 1, 1e-3));

    assertThat(Progress.block(moment, new Sparks(), 20, 10))
        .containsExactly("tiny-1  ───────────…", "  trial 0  learning…");
  }

  @Test
  void more_trials_than_the_terminal_has_lines_are_counted() {
    List<TrialView> trials =
        IntStream.range(0, 9).mapToObj(number -> running(number, "1e-3", 1)).toList();

    assertThat(Progress.block(Moments.at(1, trials), new Sparks(), 80, 5))
        .hasSize(5)
        .last()
        .isEqualTo("  … and 6 more");
  }

  @Test
  void a_log_gets_it_all_on_one_line() {
    Moment moment =
        Moments.at(
            20,
            List.of(completed(0, "1e-3", 1), running(1, "1e-4", 1), waiting(2, "1e-5", 1)),
            update(1, 5, 3.25, 5e-5));

    assertThat(Progress.line(moment))
        .isEqualTo(
            "1/3 trials, 0:20 elapsed, about 0:20 left; trial 1  learning_rate=1e-4 epoch 0.5/1"
                + " loss 3.250 lr 5.0e-05 5,210 tokens/s");
  }

  @Test
  void many_running_trials_are_counted_on_that_line() {
    List<TrialView> trials =
        IntStream.range(0, 9).mapToObj(number -> running(number, "1e-3", 1)).toList();

    assertThat(Progress.line(Moments.at(1, trials)))
        .contains("trial 3  ")
        .doesNotContain("trial 4  ")
        .endsWith("; … and 5 more running");
  }

  @Test
  void the_end_of_a_trial_tells_its_numbers_or_its_reason() {
    TrialView good = completed(0, "1e-3", 1);
    TrialView bad = killed(1, "10", 1);

    assertThat(Progress.ending(good, good.result().orElseThrow()))
        .isEqualTo(
            "trial 0  learning_rate=1e-3  completed in 4.3 s  train_loss 0.125  eval_loss 0.250"
                + "  retention_accuracy 0.710");
    assertThat(Progress.ending(bad, bad.result().orElseThrow()))
        .isEqualTo("trial 1  learning_rate=10  killed: non_finite at update 3: loss is NaN");
  }
}
