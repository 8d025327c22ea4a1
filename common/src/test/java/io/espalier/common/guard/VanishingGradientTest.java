package io.espalier.common.guard;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.GuardSpec.VanishingGradient;
import io.espalier.common.trial.Verdict;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class VanishingGradientTest {
  private static GuardSpec vanishing() {
    return new GuardSpec(
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(new VanishingGradient(0.7, 0.15, 3)));
  }

  @Test
  void a_loss_that_rose_and_has_no_gradient_left_ends_the_branch() {
    var guards = new Guards(vanishing());

    assertThat(guards.judge(1, 4, 10)).isEmpty();
    assertThat(guards.judge(2, 7, 30)).isEmpty();
    assertThat(guards.judge(3, 6, 1)).isEmpty();
    assertThat(guards.judge(4, 3.5, 1.4).orElseThrow().sentence())
        .isEqualTo(
            "vanishing_gradient at update 4: over 3 updates median gradient norm 1.4 < 0.15 × first (10) at mean loss 5.5, first 4");
  }

  @Test
  void a_known_base_loss_stands_for_the_first_one_and_few_rows_make_long_windows() {
    var few = new Guards(vanishing(), new Baseline(OptionalDouble.of(4), 1));
    Optional<Verdict> verdict = Optional.empty();
    long update = 0;
    while (verdict.isEmpty() && update < 100) {
      update++;
      // The first row happens to be an easy one, and has a small gradient for that.
      verdict = few.judge(update, update == 1 ? 0.1 : 5, update == 1 ? 1 : 0.5);
    }

    assertThat(verdict.orElseThrow().update()).isEqualTo(16);
    assertThat(verdict.get().sentence())
        .isEqualTo(
            "vanishing_gradient at update 16: over 16 updates median gradient norm 0.5 < 0.15 × first (10.32) at mean loss 4.694, first 4");
  }

  @Test
  void a_small_gradient_of_a_loss_that_never_rose_or_has_come_down_is_none() {
    var never = new Guards(vanishing());
    for (int update = 1; update < 20; update++) {
      assertThat(never.judge(update, 4 - 0.01 * update, 10 / (double) update)).isEmpty();
    }
    var down = new Guards(vanishing());
    for (int update = 1; update < 20; update++) {
      assertThat(down.judge(update, update < 4 ? 4 + update : 1, update < 6 ? 10 : 0.1)).isEmpty();
    }
  }
}
