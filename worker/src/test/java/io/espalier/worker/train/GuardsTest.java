package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.GuardSpec.LossSpike;
import io.espalier.common.trial.Verdict;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class GuardsTest {
  private static final GuardSpec OFF =
      new GuardSpec(false, Optional.empty(), Optional.empty(), Optional.empty());

  private static GuardSpec spike(double factor, int window, int patience) {
    return new GuardSpec(
        false,
        Optional.of(new LossSpike(factor, window, patience)),
        Optional.empty(),
        Optional.empty());
  }

  private static GuardSpec collapse() {
    return new GuardSpec(
        false, Optional.empty(), Optional.of(new Collapse(1.5, 2, 3)), Optional.empty());
  }

  @Test
  void a_loss_that_is_not_finite_ends_the_branch_at_once() {
    Verdict verdict = new Guards(Leases.NON_FINITE_ONLY).judge(1, Double.NaN, 1).orElseThrow();

    assertThat(verdict.rule()).isEqualTo("non_finite");
    assertThat(verdict.value()).isNaN();
    assertThat(verdict.sentence()).isEqualTo("non_finite at update 1: loss NaN, gradient norm 1");
  }

  @Test
  void a_gradient_that_is_not_finite_ends_the_branch_though_its_loss_is() {
    Verdict verdict =
        new Guards(Leases.NON_FINITE_ONLY).judge(9, 2, Double.POSITIVE_INFINITY).orElseThrow();

    assertThat(verdict.value()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(verdict.update()).isEqualTo(9);
  }

  @Test
  void rules_that_are_off_let_everything_pass() {
    assertThat(new Guards(OFF).judge(1, Double.NaN, Double.NaN)).isEmpty();
  }

  @Test
  void a_gradient_norm_at_the_ceiling_passes_and_above_it_does_not() {
    var guards =
        new Guards(
            new GuardSpec(
                false, Optional.empty(), Optional.empty(), Optional.of(GradientNorm.stopping(10))));

    assertThat(guards.judge(1, 1, 10)).isEmpty();
    assertThat(guards.judge(2, 1, 10.01)).get().extracting(Verdict::threshold).isEqualTo(10.0);
    assertThat(guards.judge(3, 1, Double.NaN)).isPresent();
  }

  @Test
  void a_spike_must_last_as_long_as_patience_says() {
    var guards = new Guards(spike(2, 3, 2));
    for (int update = 1; update <= 3; update++) {
      assertThat(guards.judge(update, 1, 1)).isEmpty();
    }

    assertThat(guards.judge(4, 2, 1)).isEmpty();
    Verdict verdict = guards.judge(5, 3, 1).orElseThrow();

    assertThat(verdict.rule()).isEqualTo("loss_spike");
    assertThat(verdict.threshold()).isEqualTo(2 * (1 + 1 + 2) / 3.0);
    assertThat(verdict.window()).containsExactly(1.0, 1.0, 2.0);
    assertThat(verdict.sentence()).contains("update 5", "loss 3 ", "2 in a row");
  }

  @Test
  void a_quiet_update_between_two_spikes_starts_the_count_anew() {
    var guards = new Guards(spike(2, 3, 2));
    double[] losses = {1, 1, 1, 5, 1, 6};
    for (int i = 0; i < losses.length; i++) {
      assertThat(guards.judge(i + 1, losses[i], 1)).isEmpty();
    }
  }

  @Test
  void nothing_is_a_spike_before_the_window_is_full() {
    var guards = new Guards(spike(2, 5, 1));
    assertThat(guards.judge(1, 1, 1)).isEmpty();
    assertThat(guards.judge(2, 100, 1)).isEmpty();
  }

  @Test
  void nan_counts_as_a_spike_and_does_not_blind_the_window() {
    var guards = new Guards(spike(2, 2, 2));
    guards.judge(1, 1, 1);
    guards.judge(2, 1, 1);

    assertThat(guards.judge(3, Double.NaN, 1)).isEmpty();
    assertThat(guards.judge(4, Double.NaN, 1)).isPresent();
  }

  @Test
  void a_collapse_needs_high_loss_and_high_norms() {
    var lossOnly = new Guards(collapse());
    var both = new Guards(collapse());
    for (int update = 1; update <= 3; update++) {
      assertThat(lossOnly.judge(update, 4, 1)).isEmpty();
      assertThat(both.judge(update, 4, 1)).isEmpty();
    }
    for (int update = 4; update <= 6; update++) {
      assertThat(lossOnly.judge(update, 7, 1)).isEmpty();
    }
    both.judge(4, 7, 3);
    both.judge(5, 7, 3);
    Verdict verdict = both.judge(6, 7, 3).orElseThrow();

    assertThat(verdict.rule()).isEqualTo("collapse");
    assertThat(verdict.value()).isEqualTo(7);
    assertThat(verdict.threshold()).isEqualTo(6);
    assertThat(verdict.sentence())
        .contains("mean loss 7 > 1.5 × first (4)", "norm 3 > 2 × first (1)");
  }

  @Test
  void a_collapse_into_nan_is_seen_too() {
    var guards = new Guards(collapse());
    for (int update = 1; update <= 4; update++) {
      guards.judge(update, 4, 1);
    }
    guards.judge(5, Double.NaN, Double.NaN);
    assertThat(guards.judge(6, Double.NaN, Double.NaN)).isPresent();
  }

  @Property
  void a_falling_loss_is_never_stopped(@ForAll @DoubleRange(min = 0.1, max = 50) double start) {
    var guards =
        new Guards(
            new GuardSpec(
                true,
                Optional.of(new LossSpike(2, 5, 1)),
                Optional.of(new Collapse(1.5, 2, 5)),
                Optional.empty()));
    for (int update = 1; update <= 40; update++) {
      assertThat(guards.judge(update, start / update, 1)).isEmpty();
    }
  }
}
