package io.espalier.coordinator.metrics;

import static io.espalier.coordinator.metrics.Rows.SWEEP;
import static io.espalier.coordinator.metrics.Rows.lease;
import static io.espalier.coordinator.metrics.Rows.updates;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepSummary;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.Views;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.StreamSupport;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightInfo;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Flight door as notebooks use it. */
class FlightReaderTest {
  @TempDir Path directory;
  private final CoordinatorMetrics exposed = new CoordinatorMetrics(Clock.systemUTC());
  private volatile SweepView view = Views.running(SWEEP);

  /** The one sweep. */
  private final class OneSweep implements SweepSource {
    @Override
    public CompletionStage<List<SweepSummary>> sweeps() {
      return CompletableFuture.completedStage(List.of(SweepSummary.of(view)));
    }

    @Override
    public CompletionStage<SweepView> sweep(SweepId sweep) {
      return sweep.equals(SWEEP)
          ? CompletableFuture.completedStage(view)
          : CompletableFuture.failedStage(new UserError("There is no sweep '" + sweep + "'."));
    }

    @Override
    public CompletionStage<List<Event>> events(SweepId sweep) {
      return CompletableFuture.completedStage(
          List.of(new Event(1, Instant.EPOCH, "trial-ended", OptionalInt.of(1), "{}")));
    }
  }

  private MetricsService start() {
    MetricsService service =
        MetricsService.start(
            directory, FlightDoor.Place.open("127.0.0.1", 0), 1, new OpenGate(), exposed);
    service.tell(new OneSweep());
    return service;
  }

  private static Location location(MetricsService service) {
    return Location.forGrpcInsecure("127.0.0.1", service.flightPort());
  }

  private static Ticket ticket(String text) {
    return new Ticket(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<Object> column(FlightStream stream, String name) {
    var values = new ArrayList<>();
    while (stream.next()) {
      FieldVector vector = stream.getRoot().getVector(name);
      for (int i = 0; i < vector.getValueCount(); i++) {
        values.add(vector.getObject(i));
      }
    }
    return values;
  }

  @Test
  void all_there_is_of_a_sweep_is_listed_and_read() throws Exception {
    try (var service = start();
        var stream = new PutStream(service.flightPort());
        var allocator = new RootAllocator();
        var client = FlightClient.builder(allocator, location(service)).build()) {
      stream.put(updates(lease(0, 1), 1, 7));
      stream.answer();

      List<String> listed =
          StreamSupport.stream(client.listFlights(Criteria.ALL).spliterator(), false)
              .map(info -> String.join("/", info.getDescriptor().getPath()))
              .toList();
      assertThat(listed).containsExactly("metrics/" + SWEEP, "trials/" + SWEEP, "events/" + SWEEP);
      FlightInfo info = client.getInfo(FlightDescriptor.path("metrics", SWEEP.value()));
      try (FlightStream rows = client.getStream(info.getEndpoints().get(0).getTicket())) {
        assertThat(rows.getSchema()).isEqualTo(info.getSchema());
        assertThat(column(rows, "update")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
      }
      try (FlightStream trials = client.getStream(ticket("trials/" + SWEEP))) {
        assertThat(trials.getSchema().findField("learning_rate").getType().toString())
            .isEqualTo("FloatingPoint(DOUBLE)");
        assertThat(column(trials, "trial")).hasSameSizeAs(view.trials());
      }
      try (FlightStream events = client.getStream(ticket("events/" + SWEEP))) {
        assertThat(column(events, "event")).hasToString("[trial-ended]");
      }
    }
  }

  @Test
  void a_live_stream_gives_each_row_once_and_ends_with_the_sweep() throws Exception {
    try (var service = start();
        var stream = new PutStream(service.flightPort());
        var allocator = new RootAllocator();
        var client = FlightClient.builder(allocator, location(service)).build()) {
      stream.put(updates(lease(0, 1), 1, 3));
      stream.answer();
      List<Object> read = new CopyOnWriteArrayList<>();
      CompletableFuture<Void> reading =
          CompletableFuture.runAsync(
              () -> {
                try (FlightStream rows = client.getStream(ticket("metrics/" + SWEEP + "/live"))) {
                  while (rows.next()) {
                    FieldVector updates = rows.getRoot().getVector("update");
                    for (int i = 0; i < updates.getValueCount(); i++) {
                      read.add(updates.getObject(i));
                    }
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read.size() == 3);
      stream.put(updates(lease(0, 1), 4, 5));
      stream.answer();
      Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> read.size() == 5);
      assertThat(reading).isNotDone();
      view = Views.ended(view);
      assertThat(reading).succeedsWithin(Duration.ofSeconds(20));
      assertThat(read).containsExactly(1L, 2L, 3L, 4L, 5L);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "metrics",
        "metrics/../x",
        "trials/lr-1/live",
        "secrets/lr-1",
        "metrics/none-1"
      })
  void what_is_not_there_is_named(String asked) throws Exception {
    try (var service = start();
        var allocator = new RootAllocator();
        var client = FlightClient.builder(allocator, location(service)).build()) {
      assertThatThrownBy(
              () -> {
                try (FlightStream rows = client.getStream(ticket(asked))) {
                  rows.next();
                }
              })
          .isInstanceOf(FlightRuntimeException.class)
          .hasMessageContaining(asked.equals("metrics/none-1") ? "no sweep" : "expected metrics/");
    }
  }
}
