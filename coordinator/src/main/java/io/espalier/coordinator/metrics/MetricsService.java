package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Everything that happens to measurements on the coordinator: the Flight door, the store behind it,
 * what is shown live and to Prometheus. Owns the door and the store.
 */
public final class MetricsService implements AutoCloseable {
  private final MetricsStore store;
  private final LiveMetrics live = new LiveMetrics();
  private final CoordinatorMetrics exposed;
  private final FlightIngest ingest;
  private final AtomicBoolean closed = new AtomicBoolean();

  private MetricsService(
      Path store,
      String host,
      int flightPort,
      Optional<Path> certificates,
      long coordinatorEpoch,
      MetricsGate gate,
      CoordinatorMetrics exposed) {
    this.exposed = exposed;
    this.store = MetricsStore.open(store, coordinatorEpoch);
    try {
      ingest =
          new FlightIngest(
              host,
              flightPort,
              certificates,
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
      this.store.close();
      throw e;
    }
  }

  /**
   * Opens the store, then the Flight door.
   *
   * @param store the store's directory
   * @param flightPort 0 for any free one
   * @param certificates of the door and of those who may come in, by directory; absent for an open
   *     one
   * @param coordinatorEpoch the term in which rows are taken, from 1
   * @param exposed what Prometheus sees of them; stays the caller's
   * @throws io.espalier.common.UserError when the store or the port cannot be opened
   */
  public static MetricsService start(
      Path store,
      String host,
      int flightPort,
      Optional<Path> certificates,
      long coordinatorEpoch,
      MetricsGate gate,
      CoordinatorMetrics exposed) {
    return new MetricsService(
        store, host, flightPort, certificates, coordinatorEpoch, gate, exposed);
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

  /** Closes the door, then writes what has arrived; does nothing the second time. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      ingest.close();
      store.close();
    }
  }
}
