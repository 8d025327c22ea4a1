package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.BOB;
import static io.espalier.coordinator.sweep.Examples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MovesTest {
  private static final Duration WORTH = Duration.ofSeconds(60);
  private static final Instant LATER = NOW.plusSeconds(30);

  /** Ann trains three branches, leased at {@link Examples#NOW} in the order of their lengths. */
  private final Life life = new Life(Examples.policy(10, 400, 300, 200)).running(3);

  private List<SweepEvent> move(Instant time) {
    return life.tell(new SweepInput.Move(ANN, BOB, WORTH, time));
  }

  private void evaluated(int branch, long update) {
    life.tell(
        new SweepInput.Evaluated(
            new BranchId(branch),
            new Attempt(1, branch + 1),
            List.of(Examples.loss(update, 0.5)),
            LATER));
  }

  private static SweepEvent moving(int branch, Instant time) {
    return new SweepEvent.Moving(new BranchId(branch), new Attempt(1, branch + 1), BOB, time);
  }

  @Test
  void the_branch_with_most_left_goes_on_with_a_worker_that_has_nothing_to_train() {
    evaluated(0, 390);
    evaluated(1, 100);
    evaluated(2, 50);
    assertThat(move(LATER)).containsExactly(moving(1, LATER));
  }

  @Test
  void a_branch_stays_whose_way_would_not_be_worth_what_it_has_left() {
    evaluated(0, 200);
    evaluated(1, 290);
    evaluated(2, 195);
    assertThat(move(LATER)).as("30 s of 60 are left").isEmpty();
    Instant slow = NOW.plusSeconds(60);
    assertThat(move(slow)).as("60 s of 120 are left").containsExactly(moving(0, slow));
  }

  @Test
  void of_what_has_told_nothing_so_much_is_left_as_it_was_leased() {
    assertThat(move(NOW.plusSeconds(59))).isEmpty();
    Instant minute = NOW.plusSeconds(60);
    assertThat(move(minute)).containsExactly(moving(0, minute));
  }

  @Test
  void one_moves_at_a_time() {
    Instant time = NOW.plusSeconds(60);
    assertThat(move(time)).isNotEmpty();
    assertThat(move(time)).isEmpty();
  }

  @Test
  void it_leaves_a_checkpoint_and_goes_on_from_there() {
    Instant time = NOW.plusSeconds(60);
    SweepEvent moving = move(time).get(0);
    assertThat(
            new Notices(life.sweep(), Optional.empty(), Policy.NONE, Path.of("sweep")).of(moving))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepNotice.Ending.class, ending -> assertThat(ending.halt().goesOn()).isTrue());
    var place = new Checkpoint(70, "branches/0/1-1/checkpoints/70");
    life.tell(
        new SweepInput.BranchRested(
            new BranchId(0),
            new Attempt(1, 1),
            place,
            List.of(Examples.result(0, new Outcome.Stopped("another worker has nothing to train"))),
            time));

    assertThat(life.tell(new SweepInput.Ask(BOB, Examples.room(1), 1, time)))
        .singleElement()
        .isInstanceOfSatisfying(
            SweepEvent.Leased.class,
            leased -> {
              assertThat(leased.branch()).isEqualTo(new BranchId(0));
              assertThat(leased.start()).contains(place);
            });
    assertThat(life.sweep().branches().get(new BranchId(0)).losses())
        .extracting(Loss::kind)
        .containsExactly(Loss.Kind.RETURNED);
    assertThat(move(time.plusSeconds(5))).as("another").hasSize(1);
  }

  @Test
  void none_goes_to_a_worker_that_gets_nothing_of_its_sweep() {
    life.tell(new SweepInput.Unfit(BOB, "another model", NOW));
    assertThat(move(NOW.plusSeconds(60))).isEmpty();
  }

  @Test
  void none_moves_while_its_sweep_is_paused() {
    life.tell(new SweepInput.Pause(NOW));
    assertThat(move(NOW.plusSeconds(60))).isEmpty();
  }
}
