package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LaneChoiceTest {
  @Test
  void a_lane_without_branches_begins_what_no_other_trains_and_else_the_first() {
    assertThat(LaneChoice.of(List.of(1, 1, 4), List.of(), Set.of())).hasValue(0);
    assertThat(LaneChoice.of(List.of(1, 1, 4), List.of(), Set.of(1))).hasValue(2);
    assertThat(LaneChoice.of(List.of(1, 1), List.of(), Set.of(1, 4))).hasValue(0);
    assertThat(LaneChoice.of(List.of(), List.of(), Set.of(1))).isEmpty();
  }

  @Test
  void a_lane_keeps_to_its_kind() {
    assertThat(LaneChoice.of(List.of(1, 4), List.of(4, 1), Set.of(1, 4))).hasValue(1);
  }

  @Test
  void another_kind_joins_only_when_no_lane_trains_it() {
    assertThat(LaneChoice.of(List.of(4, 2), List.of(1), Set.of(4))).hasValue(1);
    assertThat(LaneChoice.of(List.of(4), List.of(1), Set.of(4))).isEmpty();
  }
}
