package io.espalier.deploy.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.BranchId;
import io.espalier.coordinator.report.LiveUpdate;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SparksTest {
  private static final BranchId BRANCH = new BranchId(3);
  private final Sparks sparks = new Sparks();

  private void see(long update, double loss) {
    sparks.see(
        Moments.at(
            0, List.of(), new LiveUpdate(BRANCH, update, 0, 0, loss, 1e-3, 1, 1, Instant.EPOCH)));
  }

  @Test
  void a_falling_loss_falls_and_each_update_counts_once() {
    see(1, 8);
    assertThat(sparks.of(BRANCH)).isEmpty();
    see(2, 4);
    see(2, 4);
    see(3, Double.NaN);
    see(4, 1);
    assertThat(sparks.of(BRANCH)).isEqualTo("█▄▁");
    assertThat(sparks.of(new BranchId(4))).isEmpty();
  }

  @Test
  void a_long_curve_is_as_wide_as_any_and_keeps_its_shape() {
    for (int update = 1; update <= 10_000; update++) {
      see(update, 10_000 - update);
    }
    assertThat(sparks.of(BRANCH)).hasSize(16).startsWith("█").endsWith("▁");
  }
}
