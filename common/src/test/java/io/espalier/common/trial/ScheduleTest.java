package io.espalier.common.trial;

import static io.espalier.common.trial.Training.SchedulerType.CONSTANT;
import static io.espalier.common.trial.Training.SchedulerType.CONSTANT_WITH_WARMUP;
import static io.espalier.common.trial.Training.SchedulerType.COSINE;
import static io.espalier.common.trial.Training.SchedulerType.LINEAR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {

  @Test
  void cosine_with_three_warmup_updates_equals_transformers() {
    // Learning rates of transformers.get_scheduler("cosine", warmup 3, total 30), peak 1e-3.
    var schedule = schedule(COSINE, 3, 30);
    assertThat(schedule.learningRate(1)).isZero();
    assertThat(schedule.learningRate(2)).isEqualTo(0.0003333333333333333);
    assertThat(schedule.learningRate(4)).isEqualTo(0.001);
    assertThat(schedule.learningRate(5)).isCloseTo(0.0009966191788709714, within(1e-18));
    assertThat(schedule.learningRate(30)).isCloseTo(3.3808211290284885e-06, within(1e-18));
  }

  @Test
  void linear_falls_to_one_step_above_zero_at_the_last_update() {
    var schedule = schedule(LINEAR, 0, 10);
    assertThat(schedule.learningRate(1)).isEqualTo(1e-3);
    assertThat(schedule.learningRate(10)).isCloseTo(1e-4, within(1e-18));
  }

  @Test
  void warmup_ratio_is_rounded_up_to_whole_updates() {
    var schedule =
        Schedule.of(
            new Training.Scheduler(CONSTANT_WITH_WARMUP, 0.05, OptionalInt.empty()), 1e-3, 30);
    assertThat(schedule.warmupUpdates()).isEqualTo(2);
    assertThat(schedule.learningRate(2)).isEqualTo(5e-4);
    assertThat(schedule.learningRate(3)).isEqualTo(1e-3);
  }

  @Property
  void the_rate_stays_between_zero_and_the_peak(
      @ForAll Training.SchedulerType type,
      @ForAll @IntRange(min = 1, max = 500) int total,
      @ForAll @DoubleRange(min = 0, max = 1) double warmupRatio) {
    var schedule =
        Schedule.of(new Training.Scheduler(type, warmupRatio, OptionalInt.empty()), 1e-3, total);
    for (int update = 1; update <= total; update++) {
      assertThat(schedule.learningRate(update)).isBetween(0.0, 1e-3);
    }
  }

  @Test
  void constant_ignores_warmup() {
    assertThat(schedule(CONSTANT, 5, 10).learningRate(1)).isEqualTo(1e-3);
  }

  private static Schedule schedule(Training.SchedulerType type, int warmup, int total) {
    return Schedule.of(new Training.Scheduler(type, 0, OptionalInt.of(warmup)), 1e-3, total);
  }
}
