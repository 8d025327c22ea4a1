package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.SWEEP;
import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.row;
import static io.espalier.coordinator.metrics.Rows.updates;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsStoreTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  @TempDir Path directory;

  @Test
  void rows_are_on_the_disk_once_someone_waited_for_them() throws SequenceGap {
    try (var store = MetricsStore.open(directory, 1)) {
      var arrived = store.whenStored(lease(0, 1), 5).toCompletableFuture();
      store.append(lease(0, 1), updates(lease(0, 1), 1, 4));
      assertThat(arrived).isNotDone();
      store.append(lease(0, 1), updates(lease(0, 1), 5, 5));
      assertThat(arrived).succeedsWithin(SOON);
      assertThat(store.stored(lease(0, 1))).isEqualTo(5);
      assertThat(MetricsStore.read(sweep())).isEqualTo(updates(lease(0, 1), 1, 5));
    }
  }

  @Test
  void repeated_rows_are_taken_once_and_a_gap_takes_nothing() throws SequenceGap {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 4));
      assertThat(store.append(lease(0, 1), updates(lease(0, 1), 3, 6)))
          .isEqualTo(updates(lease(0, 1), 5, 6));
      assertThatThrownBy(() -> store.append(lease(0, 1), updates(lease(0, 1), 8, 9)))
          .isInstanceOfSatisfying(
              SequenceGap.class, gap -> assertThat(gap.expected()).isEqualTo(7));
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 6));
    }
  }

  @Test
  void a_torn_tail_is_dropped_and_its_rows_are_taken_again() throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 3));
      store.whenStored(lease(0, 1), 3).toCompletableFuture().get();
      store.append(lease(0, 1), updates(lease(0, 1), 4, 6));
    }
    cutOff(files(".arrows").get(0), 40);
    assertThat(MetricsStore.read(sweep())).isEqualTo(updates(lease(0, 1), 1, 3));
    try (var store = MetricsStore.open(directory, 2)) {
      assertThat(store.stored(lease(0, 1))).isEqualTo(3);
      store.append(lease(0, 1), updates(lease(0, 1), 4, 6));
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 6));
    }
  }

  @Test
  void what_an_earlier_life_left_is_sealed_at_the_next_start() throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 3));
    }
    assertThat(files(".arrows")).hasSize(1);
    try (var store = MetricsStore.open(directory, 2)) {
      assertThat(files(".arrows")).isEmpty();
      assertThat(files(".arrow")).hasSize(1);
      assertThat(store.stored(lease(0, 1))).isEqualTo(3);
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 3));
    }
  }

  @Test
  void a_sealed_sweep_can_still_be_counted_and_read() throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 30_000));
      assertThat(store.seal(SWEEP)).succeedsWithin(SOON);
      assertThat(files(".arrows")).isEmpty();
      assertThat(store.stored(lease(0, 1))).isEqualTo(30_000);
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 30_000));
    }
  }

  @Test
  void who_asks_for_a_sweep_whose_files_cannot_be_read_is_told_and_not_thrown_at()
      throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      Path broken = Files.createDirectories(sweep().resolve("metrics")).resolve("000001-001.arrow");
      Files.writeString(broken, "no Arrow file at all");
      assertThat(store.stored(lease(0, 1))).isZero();
      assertThat(store.whenStored(lease(0, 1), 1)).failsWithin(SOON);
      assertThat(store.seal(SWEEP)).failsWithin(SOON);
      Files.delete(broken);
      store.append(lease(0, 1), updates(lease(0, 1), 1, 3));
      assertThat(store.whenStored(lease(0, 1), 3)).succeedsWithin(SOON);
    }
  }

  @Test
  void a_sealing_that_died_before_deleting_the_live_file_doubles_nothing() throws Exception {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 3));
    }
    Path live = files(".arrows").get(0);
    byte[] bytes = Files.readAllBytes(live);
    MetricsStore.open(directory, 2).close();
    Files.write(live, bytes);
    assertThat(MetricsStore.read(sweep())).isEqualTo(updates(lease(0, 1), 1, 3));
    try (var store = MetricsStore.open(directory, 3)) {
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 3));
    }
  }

  @Test
  void an_attempt_counts_up_to_where_a_later_one_goes_on() throws SequenceGap {
    MetricRow late = row(lease(0, 2), 3, 4, new Measurement.Evaluation("eval", "loss", Double.NaN));
    MetricRow third = row(lease(0, 2), 1, 3, new Measurement.Update(1, 1e-3, 0.5, 100));
    MetricRow fourth = row(lease(0, 2), 2, 4, new Measurement.Update(1, 1e-3, 0.5, 100));
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(1, 3), updates(lease(1, 3), 1, 1));
      store.append(lease(0, 1), updates(lease(0, 1), 1, 7));
      store.append(lease(0, 2), List.of(third, fourth, late));
      assertThat(store.rows(SWEEP))
          .as("the second attempt ended at update 4, and so does the curve")
          .containsExactly(
              updates(lease(0, 1), 1, 1).get(0),
              updates(lease(0, 1), 2, 2).get(0),
              third,
              fourth,
              late,
              updates(lease(1, 3), 1, 1).get(0));
    }
  }

  @Test
  void an_attempt_that_begins_anew_leaves_nothing_of_those_before() throws SequenceGap {
    try (var store = MetricsStore.open(directory, 1)) {
      store.append(lease(0, 1), updates(lease(0, 1), 1, 5));
      store.append(lease(0, 2), updates(lease(0, 2), 1, 2));
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 2), 1, 2));
    }
  }

  @Test
  void rows_once_acknowledged_and_lost_do_not_stop_a_curve() throws SequenceGap {
    try (var store = MetricsStore.open(directory, 1)) {
      store.skipTo(lease(0, 1), 10);
      store.append(lease(0, 1), updates(lease(0, 1), 11, 12));
      assertThat(store.rows(SWEEP)).isEqualTo(updates(lease(0, 1), 11, 12));
    }
  }

  @Test
  void a_store_that_is_a_file_is_the_users_to_mend() throws IOException {
    Path file = Files.createFile(directory.resolve("store"));
    assertThatThrownBy(() -> MetricsStore.open(file, 1))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("--store");
  }

  private Path sweep() {
    return directory.resolve("sweeps").resolve(SWEEP.value());
  }

  private List<Path> files(String ending) throws IOException {
    try (Stream<Path> files = Files.list(sweep().resolve("metrics"))) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }

  private static void cutOff(Path file, int bytes) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - bytes);
    }
  }
}
