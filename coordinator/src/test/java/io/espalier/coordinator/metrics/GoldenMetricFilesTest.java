package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.row;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sweep's rows outlive the version that stored them. */
class GoldenMetricFilesTest {
  private static final Path RECORDED =
      Path.of("src/test/resources/io/espalier/coordinator/metrics/golden");

  /** Of each kind of measurement. */
  private static final List<MetricRow> ROWS =
      List.of(
          row(lease(0, 1), 1, 1, new Measurement.Update(2.5, 1e-3, 0.5, 100)),
          row(lease(0, 1), 2, 2, new Measurement.Update(Double.NaN, 1e-3, 0.25, 100)),
          row(lease(0, 1), 3, 2, new Measurement.Evaluation("eval", "loss", 2.25)),
          row(lease(0, 1), 4, 3, new Measurement.Reduction("gradient_norm", 9, 5, 5e-4)),
          row(lease(0, 1), 5, 3, new Measurement.OutOfMemory(Measurement.OutOfMemory.ROWS, 8, 4)),
          row(lease(0, 1), 6, 4, new Measurement.Kill("non_finite", Double.POSITIVE_INFINITY, 0)));

  @TempDir Path directory;

  @Test
  void the_files_of_a_sweep_in_training_are_read_as_they_always_were() throws IOException {
    assertThat(MetricsStore.read(recorded("live")).toList()).isEqualTo(ROWS);
  }

  @Test
  void the_files_of_a_sweep_that_ended_are_read_as_they_always_were() throws IOException {
    assertThat(MetricsStore.read(recorded("sealed")).toList()).isEqualTo(ROWS);
  }

  /** As the next version's recordings are made, should the files change. */
  @Test
  void both_are_what_is_written_today() throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), ROWS);
      store.whenStored(lease(0, 1), ROWS.size()).toCompletableFuture().get();
      keep("live");
      store.seal(Rows.SWEEP).toCompletableFuture().get();
      keep("sealed");
    }
    for (String kind : List.of("live", "sealed")) {
      Path made = only(Path.of("target/golden").resolve(kind).resolve("metrics"));
      Path was = only(RECORDED.resolve(kind).resolve("metrics"));
      assertThat(made.getFileName()).isEqualTo(was.getFileName());
      assertThat(made).hasSameBinaryContentAs(was);
    }
  }

  private void keep(String kind) throws IOException {
    Path made = only(directory.resolve("sweeps").resolve(Rows.SWEEP.value()).resolve("metrics"));
    Path kept = Path.of("target/golden").resolve(kind).resolve("metrics");
    Files.createDirectories(kept);
    Files.write(kept.resolve(made.getFileName().toString()), Files.readAllBytes(made));
  }

  private static Path only(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  /** A copy, because reading may mend. */
  private Path recorded(String kind) throws IOException {
    Path file = only(RECORDED.resolve(kind).resolve("metrics"));
    Path copy = directory.resolve(kind);
    Files.createDirectories(copy.resolve("metrics"));
    Files.copy(file, copy.resolve("metrics").resolve(file.getFileName()));
    return copy;
  }
}
