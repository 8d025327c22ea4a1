package io.espalier.common.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.Collapse;
import io.espalier.common.spec.GuardSpec.Divergence;
import io.espalier.common.spec.GuardSpec.GradientNorm;
import io.espalier.common.spec.GuardSpec.GradientSpike;
import io.espalier.common.spec.GuardSpec.Looping;
import io.espalier.common.spec.GuardSpec.LossCeiling;
import io.espalier.common.spec.GuardSpec.LossSpike;
import io.espalier.common.spec.GuardSpec.Overfit;
import io.espalier.common.trial.Verdict;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class GuardsTest {
  private static final GuardSpec NON_FINITE =
      new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty());
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
    Verdict verdict = new Guards(NON_FINITE).judge(1, Double.NaN, 1).orElseThrow();

    assertThat(verdict.rule()).isEqualTo("non_finite");
    assertThat(verdict.value()).isNaN();
    assertThat(verdict.sentence()).isEqualTo("non_finite at update 1: loss NaN, gradient norm 1");
  }

  @Test
  void a_gradient_that_is_not_finite_ends_the_branch_though_its_loss_is() {
    Verdict verdict = new Guards(NON_FINITE).judge(9, 2, Double.POSITIVE_INFINITY).orElseThrow();

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

  private static GuardSpec with(
      Optional<Divergence> divergence,
      Optional<LossCeiling> ceiling,
      Optional<GradientSpike> spike,
      Optional<Overfit> overfit,
      Optional<Looping> looping) {
    return new GuardSpec(
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        divergence,
        ceiling,
        spike,
        overfit,
        looping,
        Optional.empty());
  }

  private static GuardSpec divergence(double factor, int window, int patience) {
    return with(
        Optional.of(new Divergence(factor, window, patience)),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static GuardSpec overfit(double factor, double gap, int patience) {
    return with(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new Overfit(factor, gap, patience)),
        Optional.empty());
  }

  private static Optional<Verdict> first(Guards guards, double... losses) {
    for (int i = 0; i < losses.length; i++) {
      Optional<Verdict> verdict = guards.judge(i + 1, losses[i], 1);
      if (verdict.isPresent()) {
        return verdict;
      }
    }
    return Optional.empty();
  }

  @Test
  void a_loss_that_falls_and_then_rises_above_its_first_diverges() {
    var guards = new Guards(divergence(1.5, 1, 3));

    Verdict verdict = first(guards, 4, 3, 2, 5, 6, 7, 8).orElseThrow();

    assertThat(verdict.rule()).isEqualTo("divergence");
    assertThat(verdict.update()).isEqualTo(6);
    assertThat(verdict.threshold()).isEqualTo(4.4);
    assertThat(verdict.window()).containsExactly(5.0, 6.0, 7.0);
  }

  @Test
  void a_loss_that_rises_but_not_above_its_first_does_not_diverge() {
    assertThat(first(new Guards(divergence(1.5, 1, 2)), 8, 2, 7, 8.7, 8.7, 8.7)).isEmpty();
  }

  @Test
  void losses_that_are_not_finite_diverge() {
    assertThat(first(new Guards(divergence(1.5, 5, 3)), 4, 3, Double.NaN, Double.NaN, Double.NaN))
        .get()
        .extracting(Verdict::update)
        .isEqualTo(5L);
  }

  @Test
  void a_loss_that_stays_above_a_ceiling_ends_the_branch_once_training_is_under_way() {
    GuardSpec spec =
        with(
            Optional.empty(),
            Optional.of(new LossCeiling(10, 0.5, 4, 6)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    assertThat(first(new Guards(spec), 11, 11, 11, 11, 11, 11, 11, 11))
        .get()
        .extracting(Verdict::update)
        .isEqualTo(7L);
    assertThat(first(new Guards(spec), 11, 9, 9, 9, 11, 9, 9, 9, 11, 9, 9)).isEmpty();
  }

  @Test
  void gradient_norms_far_out_several_times_in_a_row_end_the_branch() {
    GuardSpec spec =
        with(
            Optional.empty(),
            Optional.empty(),
            Optional.of(new GradientSpike(5, 6, 5, 2)),
            Optional.empty(),
            Optional.empty());
    double[] norms = {1, 1.2, 0.8, 1.1, 0.9, 6, 1, 1, 6.5, 7};
    var guards = new Guards(spec);
    for (int i = 0; i < norms.length - 1; i++) {
      assertThat(guards.judge(i + 1, 1, norms[i])).as("update %d", i + 1).isEmpty();
    }
    assertThat(guards.judge(10, 1, 7)).get().extracting(Verdict::rule).isEqualTo("gradient_spike");
  }

  private static Optional<Verdict> evaluated(
      Guards guards, long update, double train, double eval) {
    return guards.evaluated(update, OptionalDouble.of(train), Map.of("eval_loss", eval));
  }

  @Test
  void an_evaluation_loss_that_leaves_its_best_while_training_falls_is_overfitting() {
    var guards = new Guards(overfit(1.02, 100, 2));

    assertThat(evaluated(guards, 10, 2, 2.2)).isEmpty();
    assertThat(evaluated(guards, 20, 1, 2)).isEmpty();
    assertThat(evaluated(guards, 30, 0.9, 2.01)).as("about as good").isEmpty();
    assertThat(evaluated(guards, 40, 0.8, 2.1)).isEmpty();
    assertThat(evaluated(guards, 50, 0.7, 2.2))
        .get()
        .extracting(Verdict::rule, Verdict::value, Verdict::threshold)
        .containsExactly("overfit", 2.2, 2.0);
  }

  @Test
  void an_evaluation_loss_far_above_the_training_loss_is_overfitting_once_it_is_no_longer_best() {
    var guards = new Guards(overfit(2, 1, 1));

    assertThat(evaluated(guards, 10, 0.5, 2)).as("the best so far").isEmpty();
    assertThat(evaluated(guards, 20, 0.4, 2.01)).isPresent();
  }

  @Test
  void answers_that_loop_at_several_evaluations_end_the_branch() {
    GuardSpec spec =
        with(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Looping(0.5, 2)));
    var guards = new Guards(spec);
    var none = OptionalDouble.empty();

    assertThat(guards.evaluated(1, none, Map.of("eval_repetition", 0.7))).isEmpty();
    assertThat(guards.evaluated(2, none, Map.of("eval_loss", 9.0))).as("no answers").isEmpty();
    assertThat(guards.evaluated(3, none, Map.of("eval_loop_rate", 0.5, "eval_repetition", 0.1)))
        .get()
        .extracting(Verdict::rule, Verdict::value)
        .containsExactly("looping", 0.5);
  }

  @Test
  void a_learning_rate_is_lowered_so_often_and_no_sooner_than_allowed() {
    var guards =
        new Guards(
            new GuardSpec(
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.of(new GradientNorm(1, OptionalDouble.of(0.5), 2, 2))));

    double[] paces = new double[8];
    for (int update = 1; update <= 8; update++) {
      paces[update - 1] = guards.pace(update, 9).factor();
    }

    assertThat(paces).containsExactly(0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25);
  }
}
