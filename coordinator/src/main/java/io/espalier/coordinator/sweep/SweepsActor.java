package io.espalier.coordinator.sweep;

import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/** Numbers the sweeps and is the parent of their actors. */
public final class SweepsActor
    extends EventSourcedBehavior<SweepsActor.Command, SweepsEvent, SweepsActor.State> {

  /** What the actor is told. */
  public sealed interface Command {}

  /**
   * Begins a sweep; answered with its id once it is journaled.
   *
   * @param baseDirectory what relative paths of the spec resolve against
   */
  public record Submit(String name, String yaml, String baseDirectory, ActorRef<SweepId> replyTo)
      implements Command {}

  /** The actor of a sweep, ended ones too; empty when there is no such sweep. */
  public record Find(SweepId sweep, ActorRef<Optional<ActorRef<SweepActor.Command>>> replyTo)
      implements Command {}

  private record Finished(SweepId sweep) implements Command {}

  /**
   * The sweeps there are.
   *
   * @param all oldest first; the n-th has number n
   * @param open those that go on after a restart
   */
  public record State(List<SweepId> all, List<SweepId> open) {
    public State {
      all = List.copyOf(all);
      open = List.copyOf(open);
    }

    State apply(SweepsEvent event) {
      List<SweepId> nextAll = new ArrayList<>(all);
      List<SweepId> nextOpen = new ArrayList<>(open);
      if (event instanceof SweepsEvent.Numbered numbered) {
        nextAll.add(numbered.sweep());
        nextOpen.add(numbered.sweep());
      } else {
        nextOpen.remove(event.sweep());
      }
      return new State(nextAll, nextOpen);
    }
  }

  private final ActorContext<Command> context;
  private final Surroundings around;
  private final ActorRef<SweepId> finished;
  private final Map<SweepId, ActorRef<SweepActor.Command>> actors = new HashMap<>();

  public static Behavior<Command> create(Surroundings around) {
    return Behaviors.setup(context -> new SweepsActor(context, around));
  }

  private SweepsActor(ActorContext<Command> context, Surroundings around) {
    super(
        PersistenceId.ofUniqueId("sweeps"),
        // The object survives the restart and goes on talking to its children.
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(30), 0.1)
            .withStopChildren(false));
    this.context = context;
    this.around = around;
    this.finished = context.messageAdapter(SweepId.class, Finished::new);
  }

  @Override
  public State emptyState() {
    return new State(List.of(), List.of());
  }

  @Override
  public EventHandler<State, SweepsEvent> eventHandler() {
    return State::apply;
  }

  @Override
  public CommandHandler<Command, SweepsEvent, State> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Submit.class, this::submit)
        .onCommand(Find.class, this::find)
        .onCommand(Finished.class, this::finished)
        .build();
  }

  @Override
  public SignalHandler<State> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .build();
  }

  private void recovered(State state) {
    around.fleet().tell(new SweepNotice.Recovering(state.open()));
    state.open().forEach(sweep -> actor(sweep).tell(new SweepActor.Resume()));
  }

  private Effect<SweepsEvent, State> submit(State state, Submit submit) {
    SweepId id = SweepId.of(submit.name(), state.all().size() + 1);
    return Effect()
        .persist(new SweepsEvent.Numbered(id))
        .thenRun(
            after ->
                actor(id)
                    .tell(
                        new SweepActor.Submit(
                            submit.yaml(), submit.baseDirectory(), submit.replyTo())));
  }

  private Effect<SweepsEvent, State> find(State state, Find find) {
    return Effect()
        .reply(
            find.replyTo(),
            state.all().contains(find.sweep())
                ? Optional.of(actor(find.sweep()))
                : Optional.empty());
  }

  private Effect<SweepsEvent, State> finished(State state, Finished done) {
    return state.open().contains(done.sweep())
        ? Effect().persist(new SweepsEvent.Closed(done.sweep()))
        : Effect().none();
  }

  private ActorRef<SweepActor.Command> actor(SweepId id) {
    return actors.computeIfAbsent(
        id,
        sweep ->
            context.spawn(SweepActor.create(sweep, around, finished), "sweep-" + sweep.value()));
  }
}
