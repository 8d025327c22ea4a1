package io.espalier.common.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.trial.Scheduler.Constant;
import io.espalier.common.trial.Scheduler.ConstantWithWarmup;
import io.espalier.common.trial.Scheduler.Cosine;
import io.espalier.common.trial.Scheduler.Decay;
import io.espalier.common.trial.Scheduler.Floor;
import io.espalier.common.trial.Scheduler.Linear;
import io.espalier.common.trial.Scheduler.Phase;
import io.espalier.common.trial.Scheduler.Sequence;
import io.espalier.common.trial.Scheduler.Step;
import io.espalier.common.trial.Scheduler.WarmupStableDecay;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final double PEAK = 1e-3;

  @Test
  void cosine_with_three_warmup_updates_equals_transformers() {
    // Learning rates of transformers.get_scheduler("cosine", warmup 3, total 30), peak 1e-3.
    var schedule = new Schedule(new Cosine(steps(3), Floor.ZERO), PEAK, 30);
    assertThat(schedule.learningRate(1)).isZero();
    assertThat(schedule.learningRate(2)).isEqualTo(0.0003333333333333333);
    assertThat(schedule.learningRate(4)).isEqualTo(0.001);
    assertThat(schedule.learningRate(5)).isCloseTo(0.0009966191788709714, within(1e-18));
    assertThat(schedule.learningRate(30)).isCloseTo(3.3808211290284885e-06, within(1e-18));
  }

  @Test
  void linear_falls_to_one_step_above_zero_at_the_last_update() {
    assertThat(rates(new Linear(Warmup.NONE, Floor.ZERO), 10))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(1e-3, 9e-4, 8e-4, 7e-4, 6e-4, 5e-4, 4e-4, 3e-4, 2e-4, 1e-4);
  }

  @Test
  void a_falling_rate_ends_at_its_floor_given_as_a_rate_or_as_a_share() {
    assertThat(rates(new Linear(Warmup.NONE, new Floor(5e-4, 0)), 4))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(1e-3, 8.75e-4, 7.5e-4, 6.25e-4);
    // cosine_with_min_lr of transformers: factor (1 - r) + r.
    assertThat(rates(new Cosine(Warmup.NONE, new Floor(0, 0.1)), 4))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(
            1e-3,
            1e-3 * (0.9 * 0.5 * (1 + Math.sqrt(0.5)) + 0.1),
            1e-3 * 0.55,
            1e-3 * (0.9 * 0.5 * (1 - Math.sqrt(0.5)) + 0.1));
  }

  @Test
  void a_floor_above_the_peak_is_the_peak() {
    assertThat(rates(new Linear(Warmup.NONE, new Floor(1, 0)), 3)).containsOnly(PEAK);
  }

  @Test
  void warmup_ratio_is_rounded_up_to_whole_updates() {
    var schedule =
        new Schedule(new ConstantWithWarmup(new Warmup(0.05, OptionalInt.empty(), 0)), PEAK, 30);
    assertThat(schedule.warmupUpdates()).isEqualTo(2);
    assertThat(schedule.learningRate(2)).isEqualTo(5e-4);
    assertThat(schedule.learningRate(3)).isEqualTo(1e-3);
  }

  @Test
  void a_warmup_may_start_above_zero() {
    assertThat(rates(new ConstantWithWarmup(new Warmup(0, OptionalInt.of(4), 0.2)), 6))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(2e-4, 4e-4, 6e-4, 8e-4, 1e-3, 1e-3);
  }

  @Test
  void step_multiplies_by_gamma_after_every_so_many_updates() {
    assertThat(rates(new Step(steps(1), 2, 0.5), 7))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(0.0, 1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4, 2.5e-4);
    assertThat(rates(new Step(Warmup.NONE, 0, 0.1), 7))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4, 1e-5);
  }

  @Test
  void warmup_stable_decay_holds_the_peak_and_falls_at_the_end() {
    var linear =
        new WarmupStableDecay(steps(2), OptionalInt.of(4), 0, Decay.LINEAR, new Floor(0, 0.2));
    assertThat(rates(linear, 10))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(0.0, 5e-4, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 8e-4, 6e-4, 4e-4);
    var root = new WarmupStableDecay(Warmup.NONE, OptionalInt.empty(), 0.4, Decay.SQRT, Floor.ZERO);
    assertThat(Arrays.copyOfRange(rates(root, 10), 5, 10))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(
            1e-3, 1e-3, 5e-4, 1e-3 * (1 - Math.sqrt(0.5)), 1e-3 * (1 - Math.sqrt(.75)));
    var cosine = new WarmupStableDecay(Warmup.NONE, OptionalInt.of(2), 0, Decay.COSINE, Floor.ZERO);
    assertThat(rates(cosine, 4))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(1e-3, 1e-3, 1e-3, 5e-4);
  }

  @Test
  void a_sequence_runs_its_schedules_one_after_another_and_the_last_to_the_end() {
    var sequence =
        new Sequence(
            List.of(
                new Phase(
                    new ConstantWithWarmup(steps(2)), OptionalInt.of(3), OptionalDouble.empty()),
                new Phase(
                    new Step(Warmup.NONE, 1, 0.5), OptionalInt.empty(), OptionalDouble.of(15)),
                new Phase(
                    new Linear(Warmup.NONE, Floor.ZERO),
                    OptionalInt.empty(),
                    OptionalDouble.empty())));
    assertThat(rates(sequence, 10))
        .usingComparatorWithPrecision(1e-18)
        .containsExactly(0.0, 5e-4, 1e-3, 1e-3, 5e-4, 1e-3, 8e-4, 6e-4, 4e-4, 2e-4);
  }

  @Property
  void the_rate_stays_between_zero_and_the_peak(
      @ForAll("schedulers") Scheduler scheduler,
      @ForAll @IntRange(min = 1, max = 500) int total,
      @ForAll @DoubleRange(min = 0, max = 1) double warmupRatio) {
    var schedule =
        new Schedule(scheduler.with(new Warmup(warmupRatio, OptionalInt.empty(), 0)), PEAK, total);
    for (int update = 1; update <= total; update++) {
      assertThat(schedule.learningRate(update)).isBetween(0.0, PEAK);
    }
  }

  @Provide
  Arbitrary<Scheduler> schedulers() {
    var constant = new Phase(new Constant(), OptionalInt.of(7), OptionalDouble.empty());
    var rest =
        new Phase(new Cosine(Warmup.NONE, Floor.ZERO), OptionalInt.empty(), OptionalDouble.empty());
    return Arbitraries.of(
        new Constant(),
        new ConstantWithWarmup(Warmup.NONE),
        new Linear(Warmup.NONE, Floor.ZERO),
        new Cosine(Warmup.NONE, new Floor(1e-5, 0)),
        new Step(Warmup.NONE, 3, 0.5),
        new WarmupStableDecay(Warmup.NONE, OptionalInt.of(20), 0, Decay.SQRT, Floor.ZERO),
        new Sequence(List.of(constant, rest)));
  }

  @Test
  void constant_ignores_warmup() {
    assertThat(rates(new Constant().with(steps(5)), 3)).containsOnly(PEAK);
  }

  private static Warmup steps(int updates) {
    return new Warmup(0, OptionalInt.of(updates), 0);
  }

  private static double[] rates(Scheduler scheduler, long total) {
    var schedule = new Schedule(scheduler, PEAK, total);
    return LongStream.rangeClosed(1, total).mapToDouble(schedule::learningRate).toArray();
  }
}
