package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.StoreMark;
import io.espalier.common.protocol.WorkerId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.ToLongFunction;

/**
 * What the fleet tells workers, and how patient it is.
 *
 * @param epoch this life of the coordinator, from 1
 * @param store what workers must see too
 * @param flightHost where metric rows go
 * @param stored the last durable row of a lease, 0 when there is none
 * @param patience how long a worker may be silent
 * @param worthMoving what a branch must have left to go on with another worker that has nothing to
 *     train
 * @param slots told when it changes how many workers and slots there are
 * @param lost told of each worker whose trials go to others as it was not heard, and when
 */
public record FleetSettings(
    long epoch,
    StoreMark store,
    String flightHost,
    int flightPort,
    ToLongFunction<Lease.Key> stored,
    Duration patience,
    Duration worthMoving,
    Clock clock,
    Slots slots,
    Lost lost) {

  /** Whoever is told of workers that are lost. */
  @FunctionalInterface
  public interface Lost {
    /**
     * @param reason for people
     */
    void lost(WorkerId worker, String reason, Instant time);
  }

  /** Gauges of what is there. */
  @FunctionalInterface
  public interface Slots {
    /**
     * How many there are.
     *
     * @param quarantined of the workers, those that get no trials for now
     * @param free slots of all workers
     */
    record Counts(int workers, int quarantined, int free, int used) {}

    void changed(Counts counts);
  }
}
