package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.SWEEP;
import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.row;
import static io.espalier.coordinator.metrics.Rows.updates;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.metrics.Answer;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightDoorTest {
  @TempDir Path directory;
  private final CoordinatorMetrics exposed = new CoordinatorMetrics(Clock.systemUTC());

  @Test
  void rows_are_answered_once_they_are_durable() throws InterruptedException {
    try (var service = start(new OpenGate());
        var stream = new PutStream(service.flightPort())) {
      stream.put(updates(lease(0, 1), 1, 7));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 7));
      assertThat(MetricsStore.read(directory.resolve("sweeps/lr-1")))
          .isEqualTo(updates(lease(0, 1), 1, 7));
      assertThat(service.live().latest(SWEEP, lease(0, 1).branch()))
          .contains(updates(lease(0, 1), 7, 7).get(0));
    }
  }

  @Test
  void rows_of_a_lease_that_is_not_current_are_refused_dropped_and_counted()
      throws InterruptedException {
    var gate =
        new OpenGate() {
          @Override
          public CompletionStage<Set<Lease.Key>> current(Set<Lease.Key> leases) {
            return CompletableFuture.completedFuture(Set.of(lease(0, 2)));
          }
        };
    try (var service = start(gate);
        var stream = new PutStream(service.flightPort())) {
      var both = new ArrayList<>(updates(lease(0, 1), 1, 3));
      both.addAll(updates(lease(0, 2), 1, 2));
      stream.put(both);
      assertThat(stream.answer()).isEqualTo(new Answer.Refused(lease(0, 1)));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 2), 2));
      assertThat(service.store().rows(SWEEP)).isEqualTo(updates(lease(0, 2), 1, 2));
      assertThat(service.exposed().scrape("text/plain"))
          .contains("espalier_metric_rows_refused_total 3.0");
    }
  }

  @Test
  void evaluations_are_stored_and_answered_only_when_they_are_journaled()
      throws InterruptedException {
    var journaled = new CompletableFuture<Void>();
    var asked = new CompletableFuture<List<MetricRow>>();
    var gate =
        new OpenGate() {
          @Override
          public CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> rows) {
            asked.complete(rows);
            return journaled;
          }
        };
    MetricRow evaluation = row(lease(0, 1), 3, 2, new Measurement.Evaluation("eval", "loss", 0.25));
    try (var service = start(gate);
        var stream = new PutStream(service.flightPort())) {
      stream.put(updates(lease(0, 1), 1, 2));
      stream.put(List.of(evaluation));
      stream.put(List.of(row(lease(0, 1), 4, 3, new Measurement.Update(1, 1, 1, 1))));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 2));
      assertThat(asked).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(List.of(evaluation));
      CompletionStage<Void> stored = service.store().whenStored(lease(0, 1), 3);
      assertThat(stream.unanswered()).isTrue();
      assertThat(stored.toCompletableFuture()).isNotDone();
      journaled.complete(null);
      assertThat(stored).succeedsWithin(Duration.ofSeconds(10));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 3));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 4));
    }
  }

  @Test
  void a_gap_is_asked_for_again() throws InterruptedException {
    try (var service = start(new OpenGate());
        var stream = new PutStream(service.flightPort())) {
      stream.put(updates(lease(0, 1), 1, 2));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 2));
      stream.put(updates(lease(0, 1), 4, 5));
      assertThat(stream.answer()).isEqualTo(new Answer.Resend(lease(0, 1), 3));
      stream.put(updates(lease(0, 1), 2, 5));
      assertThat(stream.answer()).isEqualTo(new Answer.Stored(lease(0, 1), 5));
      assertThat(service.store().rows(SWEEP)).isEqualTo(updates(lease(0, 1), 1, 5));
    }
  }

  @Test
  void a_journal_that_fails_ends_the_stream_so_that_the_worker_tries_again()
      throws InterruptedException {
    var gate =
        new OpenGate() {
          @Override
          public CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> rows) {
            return CompletableFuture.failedFuture(new IllegalStateException("journal is away"));
          }
        };
    try (var service = start(gate);
        var stream = new PutStream(service.flightPort())) {
      stream.put(List.of(row(lease(0, 1), 1, 1, new Measurement.Evaluation("eval", "loss", 1))));
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(stream::ended);
      assertThat(stream.unanswered()).isTrue();
    }
  }

  @Test
  void a_port_in_use_is_named_with_the_flag_to_change_it() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () ->
                  MetricsService.start(
                      directory,
                      FlightDoor.Place.open("127.0.0.1", taken.getLocalPort()),
                      1,
                      new OpenGate(),
                      exposed))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(String.valueOf(taken.getLocalPort()))
          .hasMessageContaining("--flight-port");
    }
  }

  private MetricsService start(MetricsGate gate) {
    return MetricsService.start(directory, FlightDoor.Place.open("127.0.0.1", 0), 1, gate, exposed);
  }
}
