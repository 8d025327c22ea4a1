package io.espalier.coordinator.fleet;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static io.espalier.coordinator.sweep.Examples.BOB;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private static final SweepId OLDER = new SweepId("older-1");
  private static final SweepId NEWER = new SweepId("newer-1");

  private record Question(SweepId sweep, WorkerId worker) {}

  /** Slots that are free, by worker. */
  private final Map<WorkerId, Integer> free = new LinkedHashMap<>();

  private final List<Question> asked = new ArrayList<>();
  private final KnownSweeps sweeps = new KnownSweeps();
  private final Turns turns =
      new Turns(
          sweeps,
          new Turns.Floor() {
            @Override
            public Set<WorkerId> connected() {
              return free.keySet();
            }

            @Override
            public SweepInput.Room room(WorkerId worker, Set<WorkerId> content) {
              return new SweepInput.Room(free.get(worker), 0, 2);
            }

            @Override
            public void ask(SweepId sweep, WorkerId worker, SweepInput.Room room) {
              asked.add(new Question(sweep, worker));
            }
          });

  private void submitted(SweepId... ids) {
    for (SweepId sweep : ids) {
      sweeps.ready(sweep, TestInbox.<SweepActor.Command>create().getRef());
    }
  }

  @Test
  void a_worker_with_room_is_offered_to_one_sweep_after_another_the_oldest_first() {
    submitted(OLDER, NEWER);
    free.put(ANN, 1);
    turns.of(ANN);
    assertThat(asked).containsExactly(new Question(OLDER, ANN));
    turns.answered(OLDER, ANN, false);
    assertThat(asked).endsWith(new Question(NEWER, ANN)).hasSize(2);
    turns.answered(NEWER, ANN, false);
    assertThat(asked).hasSize(2);
    assertThat(turns.content()).containsExactly(ANN);
  }

  @Test
  void a_round_that_is_wished_for_meanwhile_follows_the_one_under_way() {
    submitted(OLDER);
    free.put(ANN, 1);
    turns.of(ANN);
    turns.of(ANN);
    assertThat(asked).hasSize(1);
    turns.answered(OLDER, ANN, false);
    assertThat(asked).hasSize(2);
    assertThat(turns.content()).isEmpty();
  }

  @Test
  void what_one_worker_gets_or_does_not_want_makes_it_the_others_turn() {
    submitted(OLDER);
    free.put(ANN, 1);
    free.put(BOB, 1);
    turns.of(ANN);
    free.put(ANN, 0);
    turns.answered(OLDER, ANN, true);
    assertThat(asked).endsWith(new Question(OLDER, BOB));
    turns.answered(OLDER, BOB, false);
    assertThat(turns.content()).containsExactly(BOB);
  }

  @Test
  void a_sweep_that_is_gone_is_waited_for_no_longer() {
    submitted(OLDER, NEWER);
    free.put(ANN, 1);
    turns.of(ANN);
    turns.without(OLDER);
    assertThat(asked).endsWith(new Question(NEWER, ANN));
  }

  @Test
  void when_there_may_be_something_nobody_counts_as_content() {
    submitted(OLDER);
    free.put(ANN, 1);
    turns.of(ANN);
    turns.answered(OLDER, ANN, false);
    assertThat(turns.content()).containsExactly(ANN);
    turns.all();
    assertThat(turns.content()).isEmpty();
    assertThat(asked).hasSize(2);
  }
}
