package io.espalier.worker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.memory.MemoryModel.Seen;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MemoryModelTest {
  @Property(tries = 200)
  void a_line_is_found_from_doublings(
      @ForAll @DoubleRange(min = 0, max = 1e9) double fixed,
      @ForAll @DoubleRange(min = 0, max = 1e8) double perSlot,
      @ForAll @DoubleRange(min = 1e3, max = 1e7) double perToken,
      @ForAll @IntRange(min = 2, max = 5) int doublings) {
    var truth = new MemoryModel(fixed, perSlot, perToken);
    var seen = new ArrayList<Seen>();
    for (int slots = 1; slots < 1 << doublings; slots *= 2) {
      seen.add(new Seen(slots, 64L * slots, truth.bytes(slots, 64L * slots)));
    }

    MemoryModel found = MemoryModel.fit(seen, perSlot).orElseThrow();

    double far = truth.bytes(16, 4096);
    assertThat(found.bytes(16, 4096)).isCloseTo(far, within(1e-6 * far));
  }

  @Property(tries = 200)
  void what_is_said_to_fit_takes_no_more_than_there_is_and_more_memory_fits_no_less(
      @ForAll @DoubleRange(min = 0, max = 1e9) double fixed,
      @ForAll @DoubleRange(min = 1, max = 1e7) double perToken,
      @ForAll @DoubleRange(min = 0, max = 1e11) double bytes,
      @ForAll @IntRange(min = 1, max = 16) int slots) {
    var model = new MemoryModel(fixed, 1e6, perToken);

    long tokens = model.tokens(slots, bytes);

    assertThat(tokens).isNotNegative().isLessThanOrEqualTo(model.tokens(slots, bytes * 1.5));
    if (tokens > 0) {
      assertThat(model.bytes(slots, tokens)).isLessThanOrEqualTo(bytes);
    }
  }

  @Test
  void one_pass_is_taken_as_all_tokens_and_none_as_nothing_known() {
    assertThat(MemoryModel.fit(List.of(new Seen(1, 100, 5e6)), 0).orElseThrow())
        .isEqualTo(new MemoryModel(0, 0, 5e4));
    assertThat(MemoryModel.fit(List.of(), 0)).isEmpty();
  }

  @Test
  void tokens_are_not_free_because_a_larger_pass_found_its_memory_at_hand() {
    MemoryModel model =
        MemoryModel.fit(List.of(new Seen(1, 100, 6e6), new Seen(2, 200, 3e6)), 0).orElseThrow();

    assertThat(model).isEqualTo(new MemoryModel(0, 0, 3e4));
  }
}
