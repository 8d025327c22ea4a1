package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Training;
import io.espalier.worker.cache.UserCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptSpeedsTest extends TinyModel {
  private static final Instant NOW = Instant.parse("2026-07-26T12:00:00Z");

  @TempDir Path folder;

  /** Times differ from one measurement to the next, so equal ones are the kept ones. */
  private List<PackSpeed.Timing> measured(Instant now, Map<String, String> more) {
    Training training =
        Leases.hyperparameters(Training.TrainType.LORA, 1e-3, 1, 1).with(more).training();
    var cache = new UserCache(Optional.of(folder.resolve("speeds")));
    return new KeptSpeeds(cache, Clock.fixed(now, ZoneOffset.UTC))
        .measure(model, data, training, 2, Duration.ofHours(1))
        .timings();
  }

  @Test
  void the_same_is_measured_once_a_day() {
    List<PackSpeed.Timing> first = measured(NOW, Map.of());

    assertThat(first).hasSize(2);
    assertThat(measured(NOW.plus(Duration.ofHours(23)), Map.of("learning_rate", "0.5")))
        .isEqualTo(first);
    assertThat(measured(NOW.plus(Duration.ofHours(25)), Map.of())).isNotEqualTo(first);
  }

  @Test
  void what_trains_otherwise_is_measured_by_itself() {
    List<PackSpeed.Timing> first = measured(NOW, Map.of());

    assertThat(measured(NOW, Map.of("lora_rank", "3"))).isNotEqualTo(first);
    assertThat(measured(NOW, Map.of("per_device_train_batch_size", "2"))).isNotEqualTo(first);
    assertThat(measured(NOW, Map.of())).isEqualTo(first);
  }

  @Test
  void a_broken_file_is_measured_anew() throws IOException {
    List<PackSpeed.Timing> first = measured(NOW, Map.of());
    try (Stream<Path> files = Files.list(folder.resolve("speeds"))) {
      for (Path file : files.toList()) {
        Files.writeString(file, "{\"key\":");
      }
    }

    List<PackSpeed.Timing> second = measured(NOW, Map.of());
    assertThat(second).isNotEqualTo(first);
    assertThat(measured(NOW, Map.of())).isEqualTo(second);
  }
}
