package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.data.TokenRow;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class PackingGainTest {
  private static List<TokenRow> rows(int count, int length) {
    return Collections.nCopies(count, new TokenRow(new int[length], new int[length]));
  }

  @Test
  void two_branches_save_their_time_alone_less_what_they_took_together() {
    var gain = new PackingGain(OptionalDouble.of(100));
    gain.passed(List.of(rows(2, 50), rows(1, 100)), 1.25);
    assertThat(gain.updated(2, 0.25)).isCloseTo(0.5, within(1e-12));
    gain.passed(List.of(rows(1, 50), rows(1, 50)), 1.5);
    assertThat(gain.updated(2, 0)).as("nothing of the update before").isEqualTo(-0.5);
  }

  @Test
  void passes_before_an_update_count_together() {
    var gain = new PackingGain(OptionalDouble.of(10));
    gain.passed(List.of(rows(1, 10), rows(1, 10)), 0.5);
    gain.passed(List.of(rows(1, 10), rows(1, 10)), 0.5);
    assertThat(gain.updated(2, 0.5)).isCloseTo(2.5, within(1e-12));
  }

  @Test
  void a_branch_alone_and_a_speed_that_is_not_known_save_nothing() {
    var gain = new PackingGain(OptionalDouble.of(10));
    gain.passed(List.of(rows(1, 10)), 0.1);
    assertThat(gain.updated(1, 0)).isZero();
    var unknown = new PackingGain(OptionalDouble.empty());
    unknown.passed(List.of(rows(1, 10), rows(1, 10)), 0.1);
    assertThat(unknown.updated(2, 0)).isZero();
  }
}
