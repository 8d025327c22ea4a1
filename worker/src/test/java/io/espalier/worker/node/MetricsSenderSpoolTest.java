package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsSenderSpoolTest {
  private static final Lease.Key ONE = lease(1);
  private static final Lease.Key OTHER = lease(2);
  @TempDir Path directory;
  private final RootAllocator allocator = new RootAllocator();
  private MetricsSenderSpool spool;

  @BeforeEach
  void open() {
    spool = new MetricsSenderSpool(directory.resolve("spool"), allocator, 4);
  }

  @AfterEach
  void close() {
    spool.close();
    allocator.close();
  }

  @Test
  void rows_beyond_those_kept_in_memory_come_back_from_disk_in_order() {
    for (long n = 1; n <= 20; n += 2) {
      spool.add(updates(ONE, n, n + 1));
    }
    assertThat(drain()).isEqualTo(updates(ONE, 1, 20));
    assertThat(spool.next()).isEmpty();
    assertThat(spool.sentRows()).isEqualTo(20);
  }

  @Test
  void what_is_not_acknowledged_is_sent_again_after_a_rewind() {
    spool.add(updates(ONE, 1, 2));
    spool.add(updates(ONE, 3, 4));
    spool.add(updates(ONE, 5, 6));
    drain();
    spool.acknowledge(ONE, 2);
    assertThat(spool.acknowledged(ONE)).isEqualTo(new Answer.Stored(ONE, 2));
    spool.rewind();
    assertThat(drain()).isEqualTo(updates(ONE, 3, 6));
    spool.acknowledge(ONE, 6);
    assertThat(spool.size()).isZero();
  }

  @Test
  void a_batch_of_two_leases_waits_for_both() {
    var both = new ArrayList<>(updates(ONE, 1, 2));
    both.addAll(updates(OTHER, 1, 1));
    spool.add(both);
    drain();
    spool.acknowledge(ONE, 2);
    assertThat(spool.size()).isEqualTo(3);
    spool.acknowledge(OTHER, 1);
    assertThat(spool.size()).isZero();
  }

  @Test
  void rows_of_a_refused_lease_are_forgotten_those_to_come_too() {
    spool.add(updates(ONE, 1, 2));
    drain();
    spool.add(updates(ONE, 3, 3));
    spool.add(updates(OTHER, 1, 1));
    assertThat(spool.refuse(ONE)).isTrue();
    assertThat(spool.refuse(ONE)).as("a second refusal is no news").isFalse();
    spool.add(updates(ONE, 4, 4));
    assertThat(drain()).isEqualTo(updates(OTHER, 1, 1));
    assertThat(spool.size()).isOne();
  }

  @Test
  void stored_rows_are_not_sent_again_unless_an_evaluation_is_among_them() {
    var evaluation = List.of(row(ONE, 3, new Measurement.Evaluation("eval", "loss", 1)));
    spool.add(updates(ONE, 1, 2));
    spool.add(evaluation);
    spool.add(updates(ONE, 4, 5));
    spool.stored(List.of(new ToWorker.Stored(ONE, 3)));
    assertThat(drain())
        .isEqualTo(Stream.concat(evaluation.stream(), updates(ONE, 4, 5).stream()).toList());
  }

  @Test
  void a_lease_whose_rows_cannot_be_read_back_is_given_up() throws IOException {
    spool.add(updates(ONE, 1, 2));
    spool.add(updates(OTHER, 1, 2));
    spool.add(updates(ONE, 3, 4));
    spool.add(updates(ONE, 5, 6));
    try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
      Files.write(files.findFirst().orElseThrow(), new byte[0]);
    }
    assertThat(spool.lost()).isEmpty();
    assertThat(drain())
        .isEqualTo(
            Stream.concat(updates(ONE, 1, 2).stream(), updates(OTHER, 1, 2).stream()).toList());
    assertThat(spool.lost()).containsExactly(ONE);
    assertThat(spool.lost()).as("told once").isEmpty();
    spool.add(updates(ONE, 7, 7));
    assertThat(spool.size()).as("rows beyond a gap are not kept").isEqualTo(2);
  }

  @Test
  void the_next_process_takes_over_what_is_left() throws IOException {
    spool.add(updates(ONE, 1, 6));
    drain();
    spool.close();
    open();
    assertThat(spool.size()).isEqualTo(6);
    assertThat(spool.acknowledged(ONE)).isEqualTo(new Answer.Stored(ONE, 0));
    assertThat(drain()).isEqualTo(updates(ONE, 1, 6));
    spool.acknowledge(ONE, 6);
    spool.close();
    try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
      assertThat(files).isEmpty();
    }
  }

  @Test
  void a_spool_that_is_a_file_is_the_users_to_mend() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> new MetricsSenderSpool(file, allocator))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString());
  }

  private List<MetricRow> drain() {
    var rows = new ArrayList<MetricRow>();
    while (spool.hasUnsent()) {
      spool.next().ifPresent(rows::addAll);
    }
    return rows;
  }

  private static Lease.Key lease(int branch) {
    return new Lease.Key(new SweepId("a-1"), new BranchId(branch), new Attempt(1, branch));
  }

  private static List<MetricRow> updates(Lease.Key lease, long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(n -> row(lease, n, new Measurement.Update(1.0 / n, 1e-3, 0.5, 100)))
        .toList();
  }

  private static MetricRow row(Lease.Key lease, long sequence, Measurement measurement) {
    return new MetricRow(
        lease.sweep(),
        lease.branch(),
        lease.attempt(),
        sequence,
        sequence,
        sequence / 10.0,
        sequence,
        sequence,
        Instant.ofEpochSecond(sequence),
        measurement);
  }
}
