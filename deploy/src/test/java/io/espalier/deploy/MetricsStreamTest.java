package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import io.espalier.coordinator.metrics.FlightDoor;
import io.espalier.coordinator.metrics.MetricsGate;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.worker.node.MetricsSender;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The worker's sender and the coordinator's ingest, over real Flight on loopback. */
class MetricsStreamTest {
  private static final SweepId SWEEP = new SweepId("stream-1");
  private static final Duration SOON = Duration.ofSeconds(30);
  @TempDir Path directory;
  private final CoordinatorMetrics exposed = new CoordinatorMetrics(Clock.systemUTC());

  /** Remembers what was journaled. */
  private static class Journal implements MetricsGate {
    @Override
    public boolean lasts() {
      return true;
    }

    final Set<Long> evaluated = ConcurrentHashMap.newKeySet();

    @Override
    public CompletionStage<Set<Lease.Key>> current(Set<Lease.Key> leases) {
      return CompletableFuture.completedFuture(leases);
    }

    @Override
    public CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> evaluations) {
      evaluations.forEach(row -> evaluated.add(row.sequence()));
      return CompletableFuture.completedFuture(null);
    }
  }

  @Test
  void coordinators_that_end_mid_stream_lose_nothing_and_double_nothing() {
    long rows = 50_000;
    var journal = new Journal();
    try (var sender =
        new MetricsSender(new WorkerId("w"), directory.resolve("spool"), Optional.empty())) {
      var producer = new Thread(() -> rows(1, rows).forEach(sender::send));
      producer.start();
      for (long epoch = 1; epoch <= 3; epoch++) {
        try (var service = start(epoch, journal)) {
          sender.connect("127.0.0.1", service.flightPort(), List.of());
          long enough = epoch * 10_000;
          assertThat(service.store().whenStored(lease(), enough)).succeedsWithin(SOON);
        }
      }
      try (var service = start(4, journal)) {
        sender.connect("127.0.0.1", service.flightPort(), List.of());
        Awaitility.await()
            .atMost(SOON)
            .until(() -> service.store().stored(lease()) == rows && sender.unacknowledged() == 0);
        assertThat(service.store().rows(SWEEP)).isEqualTo(rows(1, rows).toList());
      }
    }
    assertThat(journal.evaluated).hasSize(500);
    assertThat(spooled()).isEmpty();
  }

  @Test
  void rows_a_dead_worker_left_in_its_spool_are_sent_by_the_next() {
    try (var sender =
        new MetricsSender(new WorkerId("w"), directory.resolve("spool"), Optional.empty())) {
      rows(1, 3_000).forEach(sender::send);
      assertThat(sender.spooled()).succeedsWithin(SOON);
    }
    assertThat(spooled()).isNotEmpty();
    try (var service = start(1, new Journal());
        var sender =
            new MetricsSender(new WorkerId("w2"), directory.resolve("spool"), Optional.empty())) {
      assertThat(sender.unacknowledged()).isEqualTo(3_000);
      sender.connect("127.0.0.1", service.flightPort(), List.of());
      Awaitility.await().atMost(SOON).until(() -> sender.unacknowledged() == 0);
      assertThat(service.store().rows(SWEEP)).isEqualTo(rows(1, 3_000).toList());
    }
  }

  @Test
  void rows_of_a_lease_that_was_lost_are_forgotten() {
    var refusing =
        new Journal() {
          @Override
          public CompletionStage<Set<Lease.Key>> current(Set<Lease.Key> leases) {
            return CompletableFuture.completedFuture(Set.of());
          }
        };
    try (var service = start(1, refusing);
        var sender =
            new MetricsSender(new WorkerId("w"), directory.resolve("spool"), Optional.empty())) {
      sender.connect("127.0.0.1", service.flightPort(), List.of());
      rows(1, 100).forEach(sender::send);
      assertThat(sender.spooled()).succeedsWithin(SOON);
      Awaitility.await().atMost(SOON).until(() -> sender.unacknowledged() == 0);
      assertThat(service.store().rows(SWEEP)).isEmpty();
    }
    assertThat(spooled()).isEmpty();
  }

  @Test
  void a_store_that_lost_acknowledged_rows_goes_on_with_the_next() {
    try (var sender =
        new MetricsSender(new WorkerId("w"), directory.resolve("spool"), Optional.empty())) {
      try (var service = start(1, new Journal())) {
        sender.connect("127.0.0.1", service.flightPort(), List.of());
        rows(1, 10).forEach(sender::send);
        assertThat(service.store().whenStored(lease(), 10)).succeedsWithin(SOON);
        Awaitility.await().atMost(SOON).until(() -> sender.unacknowledged() == 0);
      }
      try (var service =
          MetricsService.start(
              directory.resolve("new"),
              FlightDoor.Place.open("127.0.0.1", 0),
              2,
              new Journal(),
              exposed)) {
        sender.connect("127.0.0.1", service.flightPort(), List.of());
        rows(11, 12).forEach(sender::send);
        assertThat(service.store().whenStored(lease(), 12)).succeedsWithin(SOON);
        assertThat(service.store().rows(SWEEP)).isEqualTo(rows(11, 12).toList());
      }
    }
  }

  private MetricsService start(long epoch, MetricsGate gate) {
    return MetricsService.start(
        directory.resolve("store"), FlightDoor.Place.open("127.0.0.1", 0), epoch, gate, exposed);
  }

  private List<Path> spooled() {
    try (Stream<Path> files = Files.list(directory.resolve("spool"))) {
      return new ArrayList<>(files.toList());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static Lease.Key lease() {
    return new Lease.Key(SWEEP, new BranchId(0), new Attempt(1, 1));
  }

  /** Every hundredth is an evaluation. */
  private static Stream<MetricRow> rows(long first, long last) {
    return LongStream.rangeClosed(first, last)
        .mapToObj(
            n ->
                new MetricRow(
                    SWEEP,
                    lease().branch(),
                    lease().attempt(),
                    n,
                    n,
                    n / 100.0,
                    n * 4,
                    n * 100,
                    Instant.ofEpochSecond(n),
                    n % 100 == 0
                        ? new Measurement.Evaluation("eval", "loss", 1.0 / n)
                        : new Measurement.Update(1.0 / n, 1e-3, Double.NaN, 5)));
  }
}
