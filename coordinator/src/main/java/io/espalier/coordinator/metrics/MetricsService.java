package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.MetricRow;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Everything that happens to measurements on the coordinator: the Flight door, the store behind it,
 * what is shown live and to Prometheus. Owns the door and the store.
 */
public final class MetricsService implements AutoCloseable {
  private final MetricsStore store;
  private final LiveMetrics live = new LiveMetrics();
  private final MetricTails tails = new MetricTails();
  private final CompletableFuture<SweepSource> source = new CompletableFuture<>();
  private final CoordinatorMetrics exposed;
  private final FlightDoor door;
  private final AtomicBoolean closed = new AtomicBoolean();

  private MetricsService(
      Path store,
      FlightDoor.Place place,
      long coordinatorEpoch,
      MetricsGate gate,
      CoordinatorMetrics exposed) {
    this.exposed = exposed;
    this.store = MetricsStore.open(store, coordinatorEpoch);
    try {
      door =
          new FlightDoor(
              place,
              this.store,
              gate,
              new Arrivals() {
                @Override
                public void taken(List<MetricRow> rows) {
                  live.accept(rows);
                  tails.accept(rows);
                  exposed.accept(rows);
                }

                @Override
                public void refused(int rows) {
                  exposed.refused(rows);
                }
              },
              tails,
              source);
    } catch (RuntimeException e) {
      this.store.close();
      throw e;
    }
  }

  /**
   * Opens the store, then the Flight door.
   *
   * @param store the store's directory
   * @param place where the Flight door is, and who comes in
   * @param coordinatorEpoch the term in which rows are taken, from 1
   * @param exposed what Prometheus sees of them; stays the caller's
   * @throws io.espalier.common.UserError when the store or the port cannot be opened
   */
  public static MetricsService start(
      Path store,
      FlightDoor.Place place,
      long coordinatorEpoch,
      MetricsGate gate,
      CoordinatorMetrics exposed) {
    return new MetricsService(store, place, coordinatorEpoch, gate, exposed);
  }

  /** From now on readers are told of sweeps. */
  public void tell(SweepSource sweeps) {
    source.complete(sweeps);
  }

  /** Where workers send their rows. */
  public int flightPort() {
    return door.port();
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
      door.close();
      store.close();
    }
  }
}
