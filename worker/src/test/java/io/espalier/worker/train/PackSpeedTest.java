package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.EngineException;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.train.PackSpeed.End;
import io.espalier.worker.train.PackSpeed.Timing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PackSpeedTest extends TinyModel {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Training TRAINING = Leases.training(TrainType.LORA, 1e-3, 2, 1);

  private static TrainingPack.Device breaking(int above, String problem) {
    return (base, slots) -> {
      if (slots.size() > above) {
        throw new EngineException(problem);
      }
      return new Pack(base, slots);
    };
  }

  @Test
  void packs_of_one_slot_and_twice_as_many_each_time_are_timed() {
    PackSpeed speed = PackSpeed.measure(model, data, TRAINING, 4, LONG);

    assertThat(speed.timings()).extracting(Timing::slots).startsWith(1, 2, 4);
    assertThat(speed.timings())
        .allSatisfy(timing -> assertThat(timing.seconds()).isPositive().isFinite());
    assertThat(speed.end()).isIn(End.MOST, End.FLAT);
  }

  @Test
  void what_would_take_too_long_is_not_begun() {
    PackSpeed speed = PackSpeed.measure(model, data, TRAINING, 16, Duration.ZERO);

    assertThat(speed.timings()).extracting(Timing::slots).containsExactly(1);
    assertThat(speed.end()).isEqualTo(End.TIME);
  }

  @Test
  void it_ends_where_memory_does() {
    PackSpeed speed =
        PackSpeed.measure(breaking(2, "CUDA out of memory"), model, data, TRAINING, 16, LONG);

    assertThat(speed.timings()).extracting(Timing::slots).containsExactly(1, 2);
    assertThat(speed.end()).isEqualTo(End.MEMORY);
  }

  @Test
  void what_breaks_otherwise_is_told() {
    assertThatThrownBy(
            () ->
                PackSpeed.measure(
                    breaking(0, "an engine's caprice"), model, data, TRAINING, 2, LONG))
        .hasMessage("an engine's caprice");
  }

  @Test
  void adapters_with_dropout_and_dora_are_measured_as_they_train() {
    Training dora =
        Leases.hyperparameters(TrainType.LORA, 1e-3, 1, 1)
            .with(Map.of("use_dora", "true", "lora_dropout", "0.1"))
            .training();

    assertThat(PackSpeed.measure(model, data, dora, 2, LONG).timings())
        .extracting(Timing::slots)
        .isEqualTo(List.of(1, 2));
  }

  @Test
  void passes_in_room_that_the_process_had_are_expected_to_take_no_more_but_their_slots() {
    var unseen = new PackSpeed(List.of(new Timing(1, 56, 0.01, 0)), End.MOST, 1_000_000, 500);
    assertThat(unseen.bytes(4, 56)).isEqualTo(4 * 500);

    var untold = new PackSpeed(List.of(new Timing(1, 56, 0.01, 0)), End.MOST, 0, 500);
    assertThat(untold.bytes(4, 56)).isZero();
  }
}
