package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialResult;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SavingsTest {
  /**
   * @param branch that trains it
   * @param done of its {@code asked} updates
   */
  private static TrialView trial(
      int number, int branch, long asked, long done, Outcome outcome, Optional<Branch.Fork> fork) {
    TrialView one = Views.completed(number, 1, 1);
    TrialResult result = one.result().orElseThrow();
    return new TrialView(
        one.config(),
        asked,
        new BranchId(branch),
        Optional.empty(),
        Optional.of(
            new TrialResult(
                result.trial(),
                outcome,
                done,
                1,
                done,
                done,
                result.trainLoss(),
                Map.of(),
                1,
                Optional.empty(),
                Optional.empty())),
        one.rank(),
        List.of(),
        fork,
        Optional.empty());
  }

  @Test
  void what_was_not_trained_is_told_by_kind() {
    var completed = new Outcome.Completed();
    var fork = Optional.of(new Branch.Fork(new BranchId(0), 60));
    Savings savings =
        Savings.of(
            Views.sweep(
                List.of(
                    trial(0, 0, 100, 100, completed, Optional.empty()),
                    trial(1, 0, 40, 40, completed, Optional.empty()),
                    trial(2, 1, 80, 80, completed, fork),
                    trial(3, 2, 100, 10, new Outcome.Stopped("by its user"), Optional.empty()),
                    Views.killed(4),
                    Views.open(5))));

    // On branch 0 once 100, on branch 1 the 20 beyond the fork, 10 and 30 of the others.
    assertThat(savings.trained()).isEqualTo(160);
    assertThat(savings.saved()).isEqualTo(Map.of("shared", 100L, "stopped", 90L));
    assertThat(savings.text())
        .isEqualTo(
            "updates: 350 asked for, 160 trained; not trained: 100 shared (29 %), 90 stopped (26 %)");
  }

  @Test
  void where_each_trial_was_trained_by_itself_to_its_end_there_is_nothing_to_tell() {
    assertThat(Savings.of(Views.sweep(List.of(Views.completed(0, 1, 1)))).text()).isEmpty();
  }
}
