package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the actors of this package need from the node around them.
 *
 * @param store directory of all that is kept
 * @param fleet told what concerns workers
 * @param rest how long the actor of an ended sweep is kept that nobody asks anything
 * @param lasts whether no other coordinator can have begun to decide: what this one still thinks
 *     may be old otherwise
 */
public record Surroundings(
    Path store,
    Clock clock,
    Specs specs,
    Rows rows,
    Observer observer,
    ActorRef<SweepNotice> fleet,
    Duration rest,
    BooleanSupplier lasts) {

  /** What is known of specs. */
  public interface Specs {
    /**
     * Reads a spec that was accepted before.
     *
     * @throws io.espalier.common.UserError when it no longer is one
     */
    SweepSpec read(Sweep.Origin origin);

    Policy policy(SweepSpec spec);

    /** The sweep for people; the spec is absent when it can no longer be read. */
    SweepView view(Sweep sweep, Optional<SweepSpec> spec);

    /** A view as it is kept in {@code sweep.json}. */
    String json(SweepView view);
  }

  /** The metrics store. */
  @FunctionalInterface
  public interface Rows {
    /** Completes once the rows of a lease up to and including {@code sequence} are durable. */
    CompletionStage<Void> whenStored(Lease.Key lease, long sequence);
  }

  /** Whoever counts and shows what happens. */
  public interface Observer {
    /** An unfinished sweep is there again after a restart. */
    void recovered(Sweep sweep);

    /** Told of each event once, when it happens and not when it is replayed. */
    void happened(Sweep sweep, SweepEvent event);

    /** Events of a sweep were written to the journal in so much time. */
    default void journaled(Duration took) {}

    /** A worker was not heard in time: what it trained goes to others. */
    default void lost(WorkerId worker, String reason, Instant time) {}
  }

  Path directory(SweepId sweep) {
    return store.resolve("sweeps").resolve(sweep.value());
  }
}
