package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LaneShareTest {
  private static LaneShare.Part part(int microBatch, double tokensLeft) {
    return new LaneShare.Part(microBatch, tokensLeft);
  }

  @Test
  void of_branches_alike_every_second_goes_the_longest_stays() {
    assertThat(LaneShare.of(List.of(part(4, 10), part(4, 30), part(4, 20), part(4, 5))))
        .containsExactly(2, 3);
  }

  @Test
  void the_micro_batch_goes_that_least_is_left_of() {
    assertThat(LaneShare.of(List.of(part(1, 10), part(4, 25), part(1, 10), part(4, 30))))
        .containsExactly(0, 2);
  }

  @Property(tries = 200)
  void both_lanes_have_some_unless_there_is_but_one(
      @ForAll @Size(max = 9) List<@IntRange(min = 1, max = 3) Integer> microBatches) {
    List<LaneShare.Part> its = microBatches.stream().map(batch -> part(batch, batch * 7)).toList();

    List<Integer> given = LaneShare.of(its);

    assertThat(given).doesNotHaveDuplicates().allMatch(place -> place >= 0 && place < its.size());
    assertThat(given.size()).isBetween(its.size() < 2 ? 0 : 1, Math.max(0, its.size() - 1));
  }
}
