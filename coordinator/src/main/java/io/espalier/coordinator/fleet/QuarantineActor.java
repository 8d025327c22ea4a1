package io.espalier.coordinator.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/** Journals the {@link Quarantine}, which a coordinator's restart must not end. */
final class QuarantineActor
    extends EventSourcedBehavior<QuarantineActor.Command, QuarantineEvent, Quarantine> {

  /** What the actor is told. */
  sealed interface Command {}

  /** What it is from now on. */
  record Keep(Quarantine quarantine) implements Command {}

  /**
   * A person says that a place is mended.
   *
   * @param by whose word it is, where it is known
   */
  record Release(String place, Optional<String> by, Instant time) implements Command {}

  private final Consumer<Quarantine> known;

  /**
   * @param known called with what was journaled, once it is read
   */
  static Behavior<Command> create(Consumer<Quarantine> known) {
    return Behaviors.setup(context -> new QuarantineActor(known));
  }

  private QuarantineActor(Consumer<Quarantine> known) {
    super(
        PersistenceId.ofUniqueId("quarantine"),
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(30), 0.1));
    this.known = known;
  }

  @Override
  public Quarantine emptyState() {
    return Quarantine.EMPTY;
  }

  @Override
  public EventHandler<Quarantine, QuarantineEvent> eventHandler() {
    return Quarantine::apply;
  }

  @Override
  public CommandHandler<Command, QuarantineEvent, Quarantine> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Keep.class, (kept, keep) -> keep(kept, keep.quarantine()))
        .onCommand(Release.class, this::release)
        .build();
  }

  @Override
  public SignalHandler<Quarantine> signalHandler() {
    return newSignalHandlerBuilder().onSignal(RecoveryCompleted.instance(), known::accept).build();
  }

  private Effect<QuarantineEvent, Quarantine> keep(Quarantine kept, Quarantine next) {
    List<QuarantineEvent> events = new ArrayList<>();
    next.places()
        .forEach(
            (place, standing) -> {
              if (!standing.equals(kept.places().get(place))) {
                events.add(new QuarantineEvent.Held(place, standing));
              }
            });
    kept.places().keySet().stream()
        .filter(place -> !next.places().containsKey(place))
        .forEach(place -> events.add(new QuarantineEvent.Forgotten(place)));
    return events.isEmpty() ? Effect().none() : Effect().persist(events);
  }

  private Effect<QuarantineEvent, Quarantine> release(Quarantine kept, Release release) {
    return kept.places().containsKey(release.place())
        ? Effect()
            .persist(new QuarantineEvent.Released(release.place(), release.by(), release.time()))
        : Effect().none();
  }
}
