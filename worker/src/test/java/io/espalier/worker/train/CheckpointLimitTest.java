package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.worker.train.CheckpointLimit.Saved;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CheckpointLimitTest {
  private static final CheckpointLimit TWO = new CheckpointLimit(2, Optional.of(Mode.MIN));

  @Test
  void nothing_goes_while_there_is_room() {
    assertThat(TWO.surplus(saved(3, 1))).isEmpty();
  }

  @Test
  void the_best_and_the_last_stay() {
    assertThat(stayAfterEach(TWO, 3, 1, 2, 2.5, 0.5, 4))
        .containsExactly(
            List.of(1L),
            List.of(1L, 2L),
            List.of(2L, 3L),
            List.of(2L, 4L),
            List.of(4L, 5L),
            List.of(5L, 6L));
  }

  @Test
  void of_equally_good_ones_the_first_is_the_best() {
    assertThat(updates(TWO.surplus(saved(1, 1, 2)))).containsExactly(2L);
  }

  @Test
  void what_is_not_finite_is_worst_in_either_mode() {
    var most = new CheckpointLimit(2, Optional.of(Mode.MAX));
    assertThat(updates(TWO.surplus(saved(Double.NaN, 5, 6)))).containsExactly(1L);
    assertThat(updates(most.surplus(saved(5, Double.POSITIVE_INFINITY, 4)))).containsExactly(2L);
  }

  @Test
  void more_room_keeps_more_of_the_last() {
    var three = new CheckpointLimit(3, Optional.of(Mode.MIN));
    assertThat(updates(three.surplus(saved(1, 5, 4, 3)))).containsExactly(2L);
    assertThat(updates(three.surplus(saved(5, 4, 3, 1)))).containsExactly(1L);
  }

  @Test
  void a_single_one_is_the_last() {
    assertThat(updates(new CheckpointLimit(1, Optional.of(Mode.MIN)).surplus(saved(1, 2))))
        .containsExactly(1L);
  }

  @Test
  void without_an_evaluation_a_checkpoint_is_never_the_best() {
    List<Saved> saved =
        List.of(
            new Saved(1, OptionalDouble.empty()),
            new Saved(2, OptionalDouble.of(9)),
            new Saved(3, OptionalDouble.empty()),
            new Saved(4, OptionalDouble.empty()));
    assertThat(updates(TWO.surplus(saved))).containsExactly(1L, 3L);
    assertThat(updates(new CheckpointLimit(2, Optional.empty()).surplus(saved)))
        .containsExactly(1L, 2L);
  }

  private static List<List<Long>> stayAfterEach(CheckpointLimit limit, double... values) {
    var after = new ArrayList<List<Long>>();
    var staying = new ArrayList<Saved>();
    for (Saved one : saved(values)) {
      staying.add(one);
      staying.removeAll(limit.surplus(staying));
      after.add(updates(staying));
    }
    return after;
  }

  private static List<Saved> saved(double... values) {
    var saved = new ArrayList<Saved>();
    for (double value : values) {
      saved.add(new Saved(saved.size() + 1, OptionalDouble.of(value)));
    }
    return saved;
  }

  private static List<Long> updates(List<Saved> saved) {
    return saved.stream().map(Saved::update).toList();
  }
}
