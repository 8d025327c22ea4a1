package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PassesTest {
  private static List<List<Integer>> passes(int tokens, int most, List<Integer> lengths) {
    return new Passes(tokens, most).of(lengths, length -> length, 1);
  }

  @Test
  void short_items_go_together_and_long_ones_apart() {
    assertThat(passes(100, 64, List.of(60, 10, 50, 10, 10, 300)))
        .containsExactly(List.of(10, 10, 10), List.of(50), List.of(60), List.of(300));
  }

  @Test
  void a_pass_has_no_more_items_than_it_may() {
    assertThat(passes(100, 2, List.of(1, 1, 1, 1, 1)))
        .extracting(List::size)
        .containsExactly(2, 2, 1);
    assertThat(passes(100, 2, List.of())).isEmpty();
  }

  @Property
  void every_item_is_in_one_pass_that_fits(
      @ForAll @Size(max = 60) List<@IntRange(min = 1, max = 500) Integer> lengths,
      @ForAll @IntRange(min = 1, max = 2_000) int tokens,
      @ForAll @IntRange(min = 1, max = 10) int most) {
    List<List<Integer>> passes = passes(tokens, most, lengths);
    assertThat(passes.stream().flatMap(List::stream))
        .containsExactlyElementsOf(lengths.stream().sorted().toList());
    assertThat(passes)
        .allMatch(pass -> !pass.isEmpty() && pass.size() <= most)
        .allMatch(pass -> pass.size() == 1 || pass.size() * Collections.max(pass) <= tokens);
  }
}
