package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Ten updates an epoch; the loss is measured at every epoch, answers at a trial's end. */
class OwnRowsTest {
  private final List<MetricRow> rows = new ArrayList<>();

  private static TrialView trial(int number, long updates, Optional<Outcome> outcome) {
    return new TrialView(
        new TrialConfig(new TrialId(number), Map.of(), Specs.TRAINING),
        updates,
        new BranchId(0),
        Optional.empty(),
        outcome.map(how -> result(number, how)),
        OptionalInt.empty(),
        List.of());
  }

  private static TrialResult result(int number, Outcome outcome) {
    return new TrialResult(
        new TrialId(number),
        outcome,
        20,
        2,
        20,
        20,
        OptionalDouble.empty(),
        Map.of(),
        1,
        Optional.empty(),
        Optional.empty());
  }

  private void row(long update, Measurement measurement) {
    row(0, update, measurement);
  }

  private void row(int branch, long update, Measurement measurement) {
    rows.add(
        new MetricRow(
            Views.sweep(List.of()).id(),
            new BranchId(branch),
            new Attempt(1, 1),
            rows.size() + 1,
            update,
            update / 10.0,
            update,
            update,
            Instant.EPOCH,
            measurement));
  }

  private void evaluation(long update, String metric) {
    row(update, new Measurement.Evaluation("eval", metric, 0.5));
  }

  private List<String> own(int number, TrialView... trials) {
    return OwnRows.of(Views.sweep(List.of(trials)), rows.stream())
        .getOrDefault(new TrialId(number), List.of())
        .stream()
        .map(
            row ->
                row.update()
                    + (row.measurement() instanceof Measurement.Evaluation made
                        ? made.metric()
                        : row.measurement() instanceof Measurement.Kill kill ? kill.rule() : ""))
        .toList();
  }

  @Test
  void a_trial_has_its_branchs_rows_up_to_its_end() {
    row(5, new Measurement.Update(1, 1, 1, 1));
    row(10, new Measurement.Update(1, 1, 1, 1));
    row(11, new Measurement.Update(1, 1, 1, 1));
    assertThat(own(0, trial(0, 10, Optional.empty()), trial(1, 20, Optional.empty())))
        .containsExactly("5", "10");
    assertThat(own(1, trial(0, 10, Optional.empty()), trial(1, 20, Optional.empty())))
        .containsExactly("5", "10", "11");
  }

  @Test
  void what_is_measured_at_anothers_end_only_is_the_others() {
    evaluation(10, "loss");
    evaluation(10, "repetition");
    evaluation(14, "loss");
    evaluation(20, "loss");
    evaluation(20, "repetition");
    TrialView[] trials = {
      trial(0, 10, Optional.empty()), trial(1, 14, Optional.empty()), trial(2, 20, Optional.empty())
    };
    assertThat(own(0, trials)).containsExactly("10loss", "10repetition");
    assertThat(own(1, trials)).containsExactly("10loss", "14loss");
    assertThat(own(2, trials)).containsExactly("10loss", "20loss", "20repetition");
  }

  @Test
  void the_accuracy_of_classes_is_measured_at_every_epoch_and_once_more_at_an_end() {
    evaluation(10, "accuracy");
    evaluation(10, "accuracy");
    evaluation(20, "accuracy");
    assertThat(own(1, trial(0, 10, Optional.empty()), trial(1, 20, Optional.empty())))
        .containsExactly("10accuracy", "20accuracy");
  }

  @Test
  void early_stopping_ends_those_that_would_have_gone_on() {
    evaluation(10, "loss");
    row(10, new Measurement.Kill("early_stopping", 1, 1));
    evaluation(10, "repetition");
    var stopped =
        new Outcome.EarlyStopped(new Verdict("early_stopping", 10, 1, 1, List.of(), "enough"));
    TrialView[] trials = {
      trial(0, 10, Optional.of(new Outcome.Completed())), trial(1, 20, Optional.of(stopped))
    };
    assertThat(own(0, trials)).containsExactly("10loss", "10repetition");
    assertThat(own(1, trials)).containsExactly("10loss", "10early_stopping", "10repetition");
  }

  @Test
  void a_trial_stopped_while_others_go_on_has_no_rows_beyond_what_it_was_judged_by() {
    evaluation(10, "loss");
    evaluation(20, "loss");
    row(21, new Measurement.Update(1, 1, 1, 1));
    evaluation(30, "loss");
    TrialView stopped = trial(0, 30, Optional.of(new Outcome.Stopped("enough")));
    TrialView other = trial(1, 40, Optional.empty());
    assertThat(own(0, stopped, other)).containsExactly("10loss", "20loss");
    assertThat(own(1, stopped, other)).containsExactly("10loss", "20loss", "21", "30loss");
  }

  @Test
  void a_trial_alone_on_its_branch_has_all_its_rows() {
    evaluation(7, "loss");
    evaluation(10, "repetition");
    row(10, new Measurement.Kill("early_stopping", 1, 1));
    assertThat(own(0, trial(0, 10, Optional.empty())))
        .containsExactly("7loss", "10repetition", "10early_stopping");
  }

  private static TrialView forked(int number, int from, long update, long updates) {
    TrialView alone = trial(number, updates, Optional.empty());
    return new TrialView(
        alone.config(),
        updates,
        new BranchId(number),
        Optional.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        List.of(),
        Optional.of(new Branch.Fork(new BranchId(from), update)),
        Optional.empty());
  }

  @Test
  void a_fork_has_its_trunks_rows_up_to_where_it_leaves_and_then_its_own() {
    row(0, 5, new Measurement.Update(1, 1, 1, 1));
    row(0, 13, new Measurement.Update(1, 1, 1, 1));
    row(0, 14, new Measurement.Update(1, 1, 1, 1));
    TrialView[] trials = {
      trial(0, 30, Optional.empty()), forked(1, 0, 13, 20), forked(2, 1, 17, 19)
    };
    assertThat(own(1, trials)).as("it waits for its trunk").containsExactly("5", "13");
    row(1, 14, new Measurement.Update(1, 1, 1, 1));
    row(1, 18, new Measurement.Update(1, 1, 1, 1));
    row(2, 18, new Measurement.Update(1, 1, 1, 1));
    assertThat(own(0, trials)).containsExactly("5", "13", "14");
    assertThat(own(1, trials)).containsExactly("5", "13", "14", "18");
    assertThat(own(2, trials)).as("a fork of a fork").containsExactly("5", "13", "14", "18");
  }

  @Test
  void a_fork_that_did_again_what_its_trunk_did_has_that_of_its_own_once() {
    row(0, 5, new Measurement.Update(1, 1, 1, 1));
    row(0, 9, new Measurement.Update(1, 1, 1, 1));
    row(0, 12, new Measurement.Update(1, 1, 1, 1));
    row(1, 8, new Measurement.Update(1, 1, 1, 1));
    row(1, 9, new Measurement.Update(1, 1, 1, 1));
    assertThat(own(1, trial(0, 30, Optional.empty()), forked(1, 0, 13, 20)))
        .containsExactly("5", "8", "9");
  }

  @Test
  void a_fork_was_not_evaluated_where_another_ended_on_its_trunk() {
    evaluation(10, "loss");
    evaluation(10, "repetition");
    evaluation(14, "loss");
    row(1, 20, new Measurement.Evaluation("eval", "repetition", 0.5));
    TrialView[] trials = {
      trial(0, 30, Optional.empty()),
      forked(1, 0, 15, 20),
      trial(2, 14, Optional.empty()),
      trial(3, 10, Optional.empty())
    };
    assertThat(own(1, trials)).containsExactly("10loss", "20repetition");
  }
}
