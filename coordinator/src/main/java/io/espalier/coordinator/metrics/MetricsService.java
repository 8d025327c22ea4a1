package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/**
 * Everything that happens to measurements on the coordinator: the Flight door, the store behind it,
 * what is shown live and to Prometheus. Owns them all.
 */
public final class MetricsService implements AutoCloseable {
  private final MetricsStore store;
  private final LiveMetrics live = new LiveMetrics();
  private final CoordinatorMetrics exposed = new CoordinatorMetrics(Clock.systemUTC());
  private final FlightIngest ingest;

  private MetricsService(
      Path store, String host, int flightPort, long coordinatorEpoch, MetricsGate gate) {
    this.store = MetricsStore.open(store, coordinatorEpoch);
    try {
      ingest =
          new FlightIngest(
              host,
              flightPort,
              this.store,
              gate,
              new Arrivals() {
                @Override
                public void taken(List<MetricRow> rows) {
                  live.accept(rows);
                  exposed.accept(rows);
                }

                @Override
                public void refused(int rows) {
                  exposed.refused(rows);
                }
              });
    } catch (RuntimeException e) {
      exposed.close();
      this.store.close();
      throw e;
    }
  }

  /**
   * Opens the store, then the Flight door.
   *
   * @param store the store's directory
   * @param flightPort 0 for any free one
   * @param coordinatorEpoch this life of the coordinator, from 1
   * @throws io.espalier.common.UserError when the store or the port cannot be opened
   */
  public static MetricsService start(
      Path store, String host, int flightPort, long coordinatorEpoch, MetricsGate gate) {
    return new MetricsService(store, host, flightPort, coordinatorEpoch, gate);
  }

  /** Where workers send their rows. */
  public int flightPort() {
    return ingest.port();
  }

  public MetricsStore store() {
    return store;
  }

  public LiveMetrics live() {
    return live;
  }

  /** What Prometheus sees; tell it of trials, slots and workers. */
  public CoordinatorMetrics exposed() {
    return exposed;
  }

  /** Closes the door, then writes what has arrived. */
  @Override
  public void close() {
    ingest.close();
    store.close();
    exposed.close();
  }
}
