package io.espalier.coordinator.sweep;

import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
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
   * @param key of two submissions with the same key the second is answered with the first's sweep
   * @param attended whether this process waits for its end, and nobody else does
   */
  public record Submit(
      String name,
      Submission submission,
      Optional<String> key,
      boolean attended,
      Optional<String> by,
      ActorRef<SweepId> replyTo)
      implements Command {}

  /**
   * What a sweep begins with.
   *
   * @param baseDirectory what relative paths of the spec resolve against
   * @param files SHA-256 of the files that were uploaded, by path as the spec writes it
   */
  public record Submission(String yaml, String baseDirectory, Map<String, String> files) {
    public Submission {
      files = Map.copyOf(files);
    }
  }

  /** The actor of a sweep, ended ones too; empty when there is no such sweep. */
  public record Find(SweepId sweep, ActorRef<Optional<ActorRef<SweepActor.Command>>> replyTo)
      implements Command {}

  /**
   * Goes on with a sweep after a restart, also when it has ended; answered once that is journaled,
   * or at once when there is no such sweep.
   *
   * @param attended as of {@link Submit}
   */
  public record Open(SweepId sweep, boolean attended, ActorRef<Done> replyTo) implements Command {}

  /**
   * Forgets a sweep that has ended; its files and its journal are the asker's to remove. Answered
   * with whether it is forgotten: not while there is something to do for it.
   *
   * @param by the name of who wants it, where it is known
   */
  public record Remove(SweepId sweep, Optional<String> by, ActorRef<Boolean> replyTo)
      implements Command {}

  /** The sweeps there are. */
  public record AskAll(ActorRef<State> replyTo) implements Command {}

  /**
   * From a sweep's actor.
   *
   * @param submitted false when the coordinator's last life ended before it was
   */
  record Over(SweepId sweep, boolean submitted) implements Command {}

  /** From the actor of an ended sweep that nobody asks anything. */
  record Idle(SweepId sweep) implements Command {}

  /** From one that was to rest when something was to do again. */
  record Awake(SweepId sweep) implements Command {}

  /** The actor of an ended sweep is no more, and its name free for the next. */
  private record Rested(SweepId sweep) implements Command {}

  /** The actor of a sweep that is removed writes no more. */
  private record Gone(SweepId sweep, ActorRef<Boolean> replyTo) implements Command {}

  private record Died(String actor, Optional<Throwable> cause) implements Command {}

  /**
   * The sweeps there are.
   *
   * @param all oldest first, also those removed; the n-th has number n
   * @param open those that go on after a restart
   * @param keys what was submitted with a key
   * @param attended those of {@code open} that the process that began them waited for
   * @param removed what of them is no more
   */
  public record State(
      List<SweepId> all,
      List<SweepId> open,
      Map<String, SweepId> keys,
      Set<SweepId> attended,
      Set<SweepId> removed) {
    public State {
      all = List.copyOf(all);
      open = List.copyOf(open);
      keys = Map.copyOf(keys);
      attended = Set.copyOf(attended);
      removed = Set.copyOf(removed);
    }

    /** Those that were not removed, oldest first. */
    public List<SweepId> there() {
      return all.stream().filter(this::has).toList();
    }

    private boolean has(SweepId sweep) {
      return all.contains(sweep) && !removed.contains(sweep);
    }

    State apply(SweepsEvent event) {
      List<SweepId> nextAll = new ArrayList<>(all);
      List<SweepId> nextOpen = new ArrayList<>(open);
      Map<String, SweepId> nextKeys = new HashMap<>(keys);
      Set<SweepId> nextAttended = new HashSet<>(attended);
      Set<SweepId> nextRemoved = new HashSet<>(removed);
      if (event instanceof SweepsEvent.Numbered numbered) {
        nextAll.add(numbered.sweep());
        nextOpen.add(numbered.sweep());
        numbered.key().ifPresent(key -> nextKeys.put(key, numbered.sweep()));
        if (numbered.attended()) {
          nextAttended.add(numbered.sweep());
        }
      } else if (event instanceof SweepsEvent.Opened opened) {
        nextOpen.add(opened.sweep());
        if (opened.attended()) {
          nextAttended.add(opened.sweep());
        }
      } else if (event instanceof SweepsEvent.Removed) {
        nextRemoved.add(event.sweep());
        nextKeys.values().remove(event.sweep());
      } else {
        nextOpen.remove(event.sweep());
        nextAttended.remove(event.sweep());
      }
      return new State(nextAll, nextOpen, nextKeys, nextAttended, nextRemoved);
    }
  }

  private final ActorContext<Command> context;
  private final Surroundings around;
  private final Map<SweepId, ActorRef<SweepActor.Command>> actors = new HashMap<>();

  /** Sweeps whose actors were told to end; whoever wants one of them waits for the next. */
  private final Set<SweepId> resting = new HashSet<>();

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
  }

  @Override
  public State emptyState() {
    return new State(List.of(), List.of(), Map.of(), Set.of(), Set.of());
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
        .onCommand(AskAll.class, (state, ask) -> Effect().reply(ask.replyTo(), state))
        .onCommand(Open.class, this::open)
        .onCommand(Remove.class, this::remove)
        .onCommand(Gone.class, (state, gone) -> gone(gone))
        .onCommand(Over.class, this::over)
        .onCommand(Idle.class, this::idle)
        .onCommand(Awake.class, (state, awake) -> awake(awake))
        .onCommand(Rested.class, (state, rested) -> rested(rested))
        .onCommand(Died.class, (state, died) -> goWith(died))
        .build();
  }

  @Override
  public SignalHandler<State> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .onSignal(Terminated.class, (state, dead) -> died(dead))
        .build();
  }

  /** By way of a message: what a signal throws is only logged while this actor recovers. */
  private void died(Terminated dead) {
    Optional<Throwable> cause =
        dead instanceof ChildFailed failed ? Optional.of(failed.getCause()) : Optional.empty();
    context.getSelf().tell(new Died(dead.getRef().path().name(), cause));
  }

  /** A sweep without its actor would stand still unnoticed; a restart takes up its journal. */
  private static Effect<SweepsEvent, State> goWith(Died died) {
    throw new IllegalStateException(
        "%s died of %s"
            .formatted(died.actor(), died.cause().map(Throwable::toString).orElse("its own will")),
        died.cause().orElse(null));
  }

  private void recovered(State state) {
    around.fleet().tell(new SweepNotice.Recovering(state.open()));
    state.open().forEach(sweep -> actor(sweep).tell(new SweepActor.Resume()));
  }

  private Effect<SweepsEvent, State> submit(State state, Submit submit) {
    Optional<SweepId> known =
        submit.key().flatMap(key -> Optional.ofNullable(state.keys().get(key)));
    SweepId id = known.orElseGet(() -> SweepId.of(submit.name(), state.all().size() + 1));
    // Also when the number is known: its submission may not have reached the journal.
    var begin = new SweepActor.Submit(submit.submission(), submit.by(), submit.replyTo());
    if (resting.contains(id)) {
      return Effect().stash();
    }
    if (known.isPresent()) {
      actor(id).tell(begin);
      return Effect().none();
    }
    return Effect()
        .persist(new SweepsEvent.Numbered(id, submit.key(), submit.attended()))
        .thenRun(after -> actor(id).tell(begin));
  }

  private Effect<SweepsEvent, State> find(State state, Find find) {
    if (resting.contains(find.sweep())) {
      return Effect().stash();
    }
    return Effect()
        .reply(
            find.replyTo(),
            state.has(find.sweep()) ? Optional.of(actor(find.sweep())) : Optional.empty());
  }

  private Effect<SweepsEvent, State> open(State state, Open open) {
    boolean opens = state.has(open.sweep()) && !state.open().contains(open.sweep());
    return opens
        ? Effect()
            .persist(new SweepsEvent.Opened(open.sweep(), open.attended()))
            .thenRun(after -> open.replyTo().tell(Done.getInstance()))
        : Effect().reply(open.replyTo(), Done.getInstance());
  }

  private Effect<SweepsEvent, State> remove(State state, Remove remove) {
    SweepId sweep = remove.sweep();
    if (resting.contains(sweep)) {
      return Effect().stash();
    }
    if (!state.has(sweep) || state.open().contains(sweep)) {
      return Effect().reply(remove.replyTo(), false);
    }
    return Effect()
        .persist(new SweepsEvent.Removed(sweep, remove.by()))
        .thenRun(
            after -> {
              ActorRef<SweepActor.Command> actor = actor(sweep);
              context.unwatch(actor);
              context.watchWith(actor, new Gone(sweep, remove.replyTo()));
              actor.tell(new SweepActor.Forget());
            });
  }

  private Effect<SweepsEvent, State> gone(Gone gone) {
    actors.remove(gone.sweep());
    return Effect().reply(gone.replyTo(), true);
  }

  private Effect<SweepsEvent, State> over(State state, Over over) {
    // Whoever has its key may still submit it.
    boolean closes = over.submitted() || !state.keys().containsValue(over.sweep());
    return closes && state.open().contains(over.sweep())
        ? Effect().persist(new SweepsEvent.Closed(over.sweep()))
        : Effect().none();
  }

  private Effect<SweepsEvent, State> idle(State state, Idle idle) {
    SweepId sweep = idle.sweep();
    ActorRef<SweepActor.Command> actor = actors.get(sweep);
    if (actor != null && !state.open().contains(sweep) && resting.add(sweep)) {
      context.unwatch(actor);
      context.watchWith(actor, new Rested(sweep));
      actor.tell(new SweepActor.Rest());
    }
    return Effect().none();
  }

  private Effect<SweepsEvent, State> awake(Awake awake) {
    ActorRef<SweepActor.Command> actor = actor(awake.sweep());
    context.unwatch(actor);
    context.watch(actor);
    resting.remove(awake.sweep());
    return Effect().none().thenUnstashAll();
  }

  private Effect<SweepsEvent, State> rested(Rested rested) {
    actors.remove(rested.sweep());
    resting.remove(rested.sweep());
    return Effect().none().thenUnstashAll();
  }

  private ActorRef<SweepActor.Command> actor(SweepId id) {
    return actors.computeIfAbsent(id, this::spawn);
  }

  private ActorRef<SweepActor.Command> spawn(SweepId id) {
    ActorRef<SweepActor.Command> actor =
        context.spawn(SweepActor.create(id, around, context.getSelf()), "sweep-" + id.value());
    context.watch(actor);
    return actor;
  }
}
