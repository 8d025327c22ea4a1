package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LanesMemoryTest extends TinyModel {
  private static final Training TRAINING = Leases.training(TrainType.LORA, 1e-3, 1, 1);

  private long bytes(int lanes, int slots, int rows) {
    return LanesMemory.measure(model, data, TRAINING, lanes, slots, rows, Duration.ZERO)
        .orElseThrow()
        .bytes();
  }

  @Test
  void more_slots_rows_and_lanes_take_more() {
    long few = bytes(1, 1, 1);
    long many = bytes(1, 16, 64);
    assertThat(many).isGreaterThan(few + (8 << 20));
    assertThat(bytes(3, 16, 64)).isGreaterThan(many + (8 << 20));
  }
}
