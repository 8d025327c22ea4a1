package io.espalier.worker.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.metrics.GpuWatch.Load;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A shell stands in for the driver's program, with lines as that writes them. */
class GpuWatchTest {
  private static GpuWatch saying(String script) {
    return GpuWatch.by(List.of("sh", "-c", script)).orElseThrow();
  }

  @Test
  void the_newest_line_counts_as_long_as_the_program_runs() {
    try (GpuWatch watch = saying("echo 1024, 81559, 3; echo 70000, 81559, 97; sleep 60")) {
      await()
          .until(
              () ->
                  watch.newest().equals(Optional.of(new Load(70_000L << 20, 81_559L << 20, 0.97))));
    }
  }

  @Test
  void nothing_is_known_of_a_device_that_does_not_say_or_when_the_program_has_ended() {
    try (GpuWatch watch = saying("echo 1, 2, 3; echo '[N/A], [N/A], 5'; sleep 60")) {
      await().during(Duration.ofMillis(200)).until(() -> watch.newest().isEmpty());
    }
    try (GpuWatch watch = saying("echo 1, 2, 3")) {
      await().until(() -> watch.newest().isEmpty());
    }
    assertThat(GpuWatch.by(List.of("/no/such/program"))).isEmpty();
  }

  @Test
  void closing_ends_the_program() {
    GpuWatch watch = saying("echo 1, 2, 3; exec sleep 60");
    await().until(() -> watch.newest().isPresent());
    watch.close();
    await().until(() -> watch.newest().isEmpty());
  }
}
