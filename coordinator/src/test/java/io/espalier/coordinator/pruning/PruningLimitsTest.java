package io.espalier.coordinator.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.PruningSpec.Unit;
import io.espalier.coordinator.Specs;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PruningLimitsTest {
  /** Ten epochs. */
  private static final Cohort COHORT =
      Cohort.Alike.of(Specs.HYPERPARAMETERS.with(Map.of("num_train_epochs", "10")).training(), 50);

  private static String said(PruningRule rule, Unit unit, int branches) {
    return new PruningLimits(
            new PruningSpec(
                "eval_loss", Mode.MIN, rule, unit, PruningSpec.Compare.ALIKE, List.of()),
            50)
        .of(COHORT, branches)
        .orElse("");
  }

  private static String said(PruningRule rule, int branches) {
    return said(rule, Unit.EPOCHS, branches);
  }

  @Test
  void halving_needs_rungs_and_enough_branches() {
    assertThat(said(new PruningRule.Asha(3, 1), 9)).isEmpty();
    assertThat(said(new PruningRule.Asha(3, 1), 2)).contains("fewer than reduction_factor 3");
    assertThat(said(new PruningRule.Asha(3, 4), 9)).contains("too short for a rung");
    assertThat(said(new PruningRule.Asha(3, 0.5), Unit.FRACTION, 9)).contains("too short");
    assertThat(said(new PruningRule.Asha(3, 100), Unit.SAMPLES, 9)).isEmpty();
    assertThat(said(new PruningRule.RayAsha(3, 10), 9)).contains("too short for a rung");
    assertThat(said(new PruningRule.AshaPromotion(3, 9), 9)).isEmpty();
    assertThat(said(new PruningRule.AshaPromotion(3, 10), 9)).contains("too short for a rung");
    assertThat(said(new PruningRule.SuccessiveHalving(3, 5, 1, 0), 9)).contains("too short");
    assertThat(said(new PruningRule.Hyperband(11, 1), 19)).contains("too short for a rung");
  }

  @Test
  void rules_that_wait_for_others_say_how_many() {
    assertThat(said(new PruningRule.Percentile(50, 5, 0, 1, false), 5)).contains("too few");
    assertThat(said(new PruningRule.Percentile(50, 5, 0, 1, false), 9))
        .isEqualTo("judged are only those that still train when 5 have completed");
    assertThat(said(new PruningRule.RunningAverage(0, 3, false), 3)).contains("too few");
    assertThat(said(new PruningRule.RunningAverage(10, 3, false), 9)).contains("before 10 epochs");
    assertThat(said(new PruningRule.Alto(0.05, 0.25), Unit.FRACTION, 9)).isEmpty();
  }

  @Test
  void one_alone_is_judged_by_its_own_numbers_only() {
    assertThat(said(new PruningRule.Asha(3, 1), 1)).contains("none to compare");
    assertThat(said(new PruningRule.Patient(3, 0), 1)).isEmpty();
    assertThat(said(new PruningRule.Threshold(0, 8, 0, 1), 1)).isEmpty();
  }
}
