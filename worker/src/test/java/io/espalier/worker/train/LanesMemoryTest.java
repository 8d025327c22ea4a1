package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class LanesMemoryTest extends TinyModel {
  private static final Training TRAINING = Leases.training(TrainType.LORA, 1e-3, 1, 1);

  private long bytes(int rows, Integer... slots) {
    return LanesMemory.measure(model, data, TRAINING, List.of(slots), rows, Duration.ZERO)
        .orElseThrow()
        .bytes();
  }

  @Test
  void more_slots_rows_and_lanes_take_more() {
    long few = bytes(1, 1);
    long many = bytes(64, 16);
    assertThat(many).isGreaterThan(few + (8 << 20));
    assertThat(bytes(64, 16, 16, 16)).isGreaterThan(many + (8 << 20));
  }
}
