package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.train.PassRows.Wish;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PassRowsTest {
  @Test
  void the_smallest_micro_batch_is_everybodys() {
    assertThat(PassRows.of(List.of(new Wish(4, 16), new Wish(2, 2), new Wish(8, 8)))).isEqualTo(2);
  }

  @Test
  void a_batch_that_a_pass_divides_badly_is_kept_apart() {
    assertThat(PassRows.filler(4, 3)).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(PassRows.fit(List.of(new Wish(3, 3), new Wish(4, 4)))).isFalse();
    assertThat(PassRows.fit(List.of(new Wish(1, 1), new Wish(4, 4)))).isTrue();
    assertThat(PassRows.fit(List.of(new Wish(3, 3), new Wish(8, 8)))).isTrue();
  }

  @Property
  void what_fits_wastes_no_more_than_a_quarter_of_the_rows(
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 64) Integer> batches) {
    List<Wish> slots = batches.stream().map(batch -> new Wish(batch, batch)).toList();
    int rows = PassRows.of(slots);
    if (PassRows.fit(slots)) {
      assertThat(batches)
          .allSatisfy(
              batch ->
                  assertThat(4 * (passed(batch, rows) - batch))
                      .isLessThanOrEqualTo(passed(batch, rows)));
    } else {
      assertThat(batches)
          .anySatisfy(
              batch ->
                  assertThat(4 * (passed(batch, rows) - batch)).isGreaterThan(passed(batch, rows)));
    }
  }

  private static int passed(int batch, int rows) {
    return (batch + rows - 1) / rows * rows;
  }
}
