package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.StoreMark;
import java.time.Clock;
import java.time.Duration;
import java.util.function.ToLongFunction;

/**
 * What the fleet tells workers, and how patient it is.
 *
 * @param epoch this life of the coordinator, from 1
 * @param store what workers must see too
 * @param flightHost where metric rows go
 * @param stored the last durable row of a lease, 0 when there is none
 * @param patience how long a worker may be silent
 * @param slots told when it changes how many workers and slots there are
 */
public record FleetSettings(
    long epoch,
    StoreMark store,
    String flightHost,
    int flightPort,
    ToLongFunction<Lease.Key> stored,
    Duration patience,
    Clock clock,
    Slots slots) {

  /** Gauges of what is there. */
  @FunctionalInterface
  public interface Slots {
    void changed(int workers, int free, int used);
  }
}
