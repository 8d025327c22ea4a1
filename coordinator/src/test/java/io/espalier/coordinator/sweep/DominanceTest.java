package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.policy;
import static io.espalier.coordinator.sweep.Examples.result;
import static io.espalier.coordinator.sweep.Examples.room;
import static io.espalier.coordinator.sweep.Examples.verdict;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Branch n of the examples has the learning rate 1e-3 / (n + 1). */
class DominanceTest {
  private static final long[] UPDATES = {95, 100, 60, 90};

  private static Life begun(Policy policy) {
    return new Life(policy).running(1);
  }

  private static BranchId leased(List<SweepEvent> events) {
    return events.stream()
        .filter(SweepEvent.Leased.class::isInstance)
        .map(event -> ((SweepEvent.Leased) event).branch())
        .findFirst()
        .orElseThrow();
  }

  private static List<SweepEvent> end(Life life, int branch, Outcome outcome) {
    var id = new BranchId(branch);
    var attempt = life.sweep().branches().get(id).current().orElseThrow().attempt();
    return life.tell(
        new SweepInput.BranchEnded(id, attempt, List.of(result(branch, outcome)), NOW));
  }

  private static Outcome killedBy(String rule) {
    return new Outcome.Killed(verdict(rule, 3, 9, 1));
  }

  private static BranchId next(Life life) {
    return leased(life.tell(new SweepInput.Ask(ANN, room(1), 1, NOW)));
  }

  @Test
  void a_larger_rate_than_one_that_came_apart_goes_last() {
    Life life = begun(policy(10, UPDATES));

    end(life, 1, killedBy("collapse"));

    assertThat(next(life)).isEqualTo(new BranchId(3));
    assertThat(next(life)).isEqualTo(new BranchId(2));
    assertThat(next(life)).isEqualTo(new BranchId(0));
  }

  @Test
  void what_was_ended_for_another_reason_speaks_against_nothing() {
    Life life = begun(policy(10, UPDATES));

    end(life, 1, killedBy("overfit"));

    assertThat(next(life)).isEqualTo(new BranchId(0));
  }

  @Test
  void it_is_skipped_where_the_spec_says_so_and_what_has_begun_is_not() {
    Policy ordinary = policy(10, UPDATES);
    Policy skipping =
        new Policy() {
          @Override
          public List<Branch> branches(DatasetSummary dataset) {
            return ordinary.branches(dataset);
          }

          @Override
          public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
            return ordinary.judge(sweep, branch, fresh);
          }

          @Override
          public boolean skipsDominated() {
            return true;
          }
        };
    Life life = begun(skipping);
    assertThat(next(life)).isEqualTo(new BranchId(0));
    assertThat(next(life)).isEqualTo(new BranchId(3));

    end(life, 1, killedBy("non_finite"));
    assertThat(life.sweep().branches().get(new BranchId(0)).current()).isPresent();
    end(life, 3, killedBy("vanishing_gradient"));

    Outcome skipped =
        life.sweep().branches().get(new BranchId(2)).result(new TrialId(2)).orElseThrow().outcome();
    assertThat(skipped.word()).isEqualTo("pruned");
    assertThat(skipped.reason())
        .isEqualTo(
            "dominated: not begun, because learning_rate 2.5e-4 came apart (trial 3: vanishing_gradient) and this is 3.333e-4");
    end(life, 0, new Outcome.Completed());
    assertThat(life.sweep().isUnfinished()).isFalse();
  }
}
