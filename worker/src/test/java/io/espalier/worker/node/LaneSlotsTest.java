package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.train.PackSpeed;
import java.util.ArrayList;
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

  private static PackSpeed speed(PackSpeed.End end, double... seconds) {
    var timings = new ArrayList<PackSpeed.Timing>();
    for (int i = 0; i < seconds.length; i++) {
      timings.add(new PackSpeed.Timing(1 << i, 1 << i, seconds[i], 0));
    }
    return new PackSpeed(timings, end, 0, 0);
  }

  private static int measured(PackSpeed speed, double tokens) {
    return AUTO.measured(speed, tokens, PassMemory.UNBOUNDED).more(List.of(), tokens);
  }

  @Test
  void the_fewest_slots_that_are_about_as_fast_as_any_are_enough() {
    assertThat(measured(speed(PackSpeed.End.FLAT, 1, 1.2, 1.6, 3.15, 6.3), 100)).isEqualTo(4);
    assertThat(measured(speed(PackSpeed.End.FLAT, 1, 2, 4), 100)).isEqualTo(1);
    assertThat(measured(speed(PackSpeed.End.FLAT, 1, 2.3, 2.4, 4.8, 9.6), 100))
        .as("one size was disturbed")
        .isEqualTo(4);
  }

  @Test
  void memory_bounds_the_slots_though_more_would_be_faster() {
    assertThat(measured(speed(PackSpeed.End.MEMORY, 1, 1.1), 10)).isEqualTo(2);
    assertThat(measured(speed(PackSpeed.End.MEMORY), 10)).isEqualTo(1);
  }

  @Test
  void what_was_not_seen_to_gain_nothing_is_as_without_measuring() {
    assertThat(measured(speed(PackSpeed.End.TIME, 1), 100)).isEqualTo(5);
    assertThat(measured(speed(PackSpeed.End.TIME, 1, 2.2), 100))
        .as("of two it was seen")
        .isEqualTo(1);
    assertThat(measured(speed(PackSpeed.End.MOST, 1, 1.1, 1.2, 1.3, 1.4), 40))
        .as("faster up to the last")
        .isEqualTo(16);
  }
}
