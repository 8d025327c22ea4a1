package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.CheckpointRoom.Held;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class CheckpointRoomTest {
  private static Held held(String sweep, int ended, long bytes) {
    return new Held(new SweepId(sweep), Instant.ofEpochSecond(ended), bytes);
  }

  private static List<String> over(long room, Held... held) {
    return new CheckpointRoom(room).over(List.of(held)).stream().map(SweepId::value).toList();
  }

  @Test
  void those_that_ended_first_give_theirs_up_until_the_others_fit() {
    Held[] held = {held("b-1", 2, 40), held("a-1", 1, 40), held("c-1", 3, 40), held("d-1", 4, 0)};
    assertThat(over(120, held)).isEmpty();
    assertThat(over(119, held)).containsExactly("a-1");
    assertThat(over(79, held)).containsExactly("a-1", "b-1");
  }

  @Test
  void the_one_that_ended_last_keeps_its_own_however_large() {
    assertThat(over(10, held("a-1", 1, 5), held("b-1", 2, 500))).containsExactly("a-1");
    assertThat(over(0, held("a-1", 1, 5))).isEmpty();
  }

  @Test
  void a_large_one_makes_room_for_smaller_ones_before_it() {
    assertThat(over(100, held("a-1", 1, 30), held("b-1", 2, 90), held("c-1", 3, 20)))
        .containsExactly("b-1");
  }
}
