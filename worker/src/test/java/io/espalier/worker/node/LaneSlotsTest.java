package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LaneSlotsTest {
  private static final LaneSlots AUTO = new LaneSlots(OptionalInt.empty(), 512);

  @Test
  void short_passes_are_filled_up_to_what_makes_them_no_faster() {
    assertThat(AUTO.more(List.of(), 100)).isEqualTo(5);
    assertThat(AUTO.more(List.of(100.0, 100.0), 100)).isEqualTo(3);
    assertThat(AUTO.admit(List.of(100.0, 100.0, 100.0, 100.0), 112)).isTrue();
    assertThat(AUTO.admit(List.of(100.0, 100.0, 100.0, 100.0), 113)).isFalse();
  }

  @Test
  void a_branch_with_longer_passes_than_that_trains_alone() {
    assertThat(AUTO.more(List.of(), 4096)).isEqualTo(1);
    assertThat(AUTO.admit(List.of(), 4096)).isTrue();
    assertThat(AUTO.admit(List.of(4096.0), 1)).isFalse();
  }

  @Test
  void nobody_promises_more_before_it_is_known_what_is_trained() {
    assertThat(AUTO.more(List.of(), Double.POSITIVE_INFINITY)).isEqualTo(1);
  }

  @Test
  void many_tiny_branches_are_not_all_taken() {
    assertThat(AUTO.more(List.of(), 1)).isEqualTo(AUTO.most());
  }

  @Test
  void a_fixed_number_is_that_number() {
    LaneSlots two = LaneSlots.of(2);
    assertThat(two.more(List.of(), Double.POSITIVE_INFINITY)).isEqualTo(2);
    assertThat(two.more(List.of(1e6), 1e6)).isEqualTo(1);
    assertThat(two.admit(List.of(1e6), 1e6)).isTrue();
    assertThat(two.admit(List.of(1e6, 1e6), 1)).isFalse();
  }
}
