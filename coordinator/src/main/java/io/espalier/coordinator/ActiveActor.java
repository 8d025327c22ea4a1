package io.espalier.coordinator;

import io.espalier.common.UserError;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.fleet.FleetActor;
import io.espalier.coordinator.fleet.FleetSettings;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.journal.NewerJournal;
import io.espalier.coordinator.journal.Term;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import io.espalier.coordinator.metrics.FlightDoor;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.coordinator.metrics.SweepCurves;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.SweepNotice;
import io.espalier.coordinator.sweep.SweepsActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * The active coordinator: waits until its term begins, opens the metrics store, and is the parent
 * of the actors that decide. None of them is missed by the others when it dies: without one of them
 * the node ends. Waits for disk and database: it needs a dispatcher for that.
 */
final class ActiveActor extends AbstractBehavior<ActiveActor.Signal> {

  /** What the actor is told. */
  enum Signal {
    BEGIN,
    RENEW,
    STOP,
    MAKE_ROOM
  }

  /**
   * What the node gives it.
   *
   * @param url where clients reach this coordinator
   * @param observers told what happens in sweeps, beside what is shown to Prometheus
   * @param active completed when its term has begun; exceptionally when the metrics store cannot be
   *     opened
   * @param opened completed once workers are let in
   * @param failed told why the node cannot go on
   */
  record Duties(
      CoordinatorConfig config,
      Journal journal,
      String url,
      Surroundings.Specs specs,
      CoordinatorMetrics exposed,
      List<Surroundings.Observer> observers,
      CompletableFuture<Active> active,
      CompletableFuture<Void> opened,
      Consumer<String> failed) {}

  private static final Duration LOOK = Duration.ofMillis(500);

  /** How long a sweep that has ended is kept in memory after the last question about it. */
  private static final Duration ENDED_SWEEP = Duration.ofMinutes(10);

  private static final Duration RENEWAL = Duration.ofSeconds(3);

  /** How long a database may be away before another coordinator shall try. */
  private static final Duration WITHOUT_JOURNAL = Duration.ofSeconds(60);

  private static final Duration LOOK_FOR_ROOM = Duration.ofMinutes(10);

  private final TimerScheduler<Signal> timers;
  private final Duties duties;
  private Optional<Term> term = Optional.empty();
  private Optional<MetricsService> metrics = Optional.empty();
  private Optional<Supplier<CompletionStage<List<SweepId>>>> toMakeRoom = Optional.empty();
  private long reached = System.nanoTime();

  static Behavior<Signal> create(Duties duties) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  context.getSelf().tell(Signal.BEGIN);
                  return new ActiveActor(context, timers, duties);
                }));
  }

  private ActiveActor(ActorContext<Signal> context, TimerScheduler<Signal> timers, Duties duties) {
    super(context);
    context.setLoggerName(ActiveActor.class);
    this.timers = timers;
    this.duties = duties;
  }

  @Override
  public Receive<Signal> createReceive() {
    return newReceiveBuilder()
        .onMessageEquals(Signal.BEGIN, this::begin)
        .onMessageEquals(Signal.RENEW, this::renew)
        .onMessageEquals(Signal.STOP, this::stop)
        .onMessageEquals(Signal.MAKE_ROOM, this::makeRoom)
        .onSignal(Terminated.class, this::died)
        .onSignal(PostStop.class, stopped -> ended())
        .build();
  }

  private Behavior<Signal> begin() {
    try {
      term = duties.journal().begin(duties.url());
    } catch (UserError unreachable) {
      // To one that knows the journal, where there is one.
      if (unreachable instanceof NewerJournal || !duties.journal().isShared()) {
        duties.active().completeExceptionally(unreachable);
        return fail(String.valueOf(unreachable.getMessage()));
      }
      getContext().getLog().warn("{}", unreachable.getMessage());
    }
    if (term.isEmpty()) {
      timers.startSingleTimer(Signal.BEGIN, LOOK);
      return this;
    }
    try {
      duties.active().complete(start(term.get()));
    } catch (RuntimeException e) {
      duties.active().completeExceptionally(e);
      return fail(String.valueOf(e.getMessage()));
    }
    reached = System.nanoTime();
    timers.startTimerWithFixedDelay(Signal.RENEW, RENEWAL);
    return this;
  }

  private Active start(Term begun) {
    CoordinatorConfig config = duties.config();
    var gate = new Gate(begun);
    MetricsService opened =
        MetricsService.start(
            config.store(),
            new FlightDoor.Place(
                config.bind(),
                config.flightPort(),
                config.security().certificates(),
                config.security().tokens()),
            begun.epoch(),
            gate,
            duties.exposed());
    metrics = Optional.of(opened);
    duties.exposed().active(begun.epoch(), config.store());
    ActorRef<FleetActor.Command> fleet =
        getContext()
            .spawn(
                FleetActor.create(
                    new FleetSettings(
                        begun.epoch(),
                        StoreId.of(config.store()),
                        config.host(),
                        opened.flightPort(),
                        opened.store()::stored,
                        config.patience(),
                        config.worthMoving(),
                        config.clock(),
                        counts -> {
                          duties.exposed().workers(counts.workers(), counts.quarantined());
                          duties.exposed().slots(counts.free(), counts.used());
                        },
                        (worker, reason, time) ->
                            duties
                                .observers()
                                .forEach(observer -> observer.lost(worker, reason, time))),
                    () -> duties.opened().complete(null)),
                "fleet");
    ActorRef<SweepNotice> notices =
        getContext()
            .spawn(
                Behaviors.receiveMessage(
                    (SweepNotice notice) -> {
                      fleet.tell(new FleetActor.FromSweep(notice));
                      return Behaviors.same();
                    }),
                "notices");
    var observers = new ArrayList<Surroundings.Observer>(duties.observers());
    observers.add(0, new Exposition(opened, duties.specs()));
    ActorRef<SweepsActor.Command> sweeps =
        getContext()
            .spawn(
                SweepsActor.create(
                    new Surroundings(
                        config.store(),
                        config.clock(),
                        duties.specs(),
                        opened.store()::whenStored,
                        new Observers(observers),
                        notices,
                        ENDED_SWEEP,
                        begun::lasts)),
                "sweeps");
    List.of(fleet, notices, sweeps).forEach(getContext()::watch);
    var actors = new Actors(getContext().getSystem(), sweeps, fleet);
    gate.open(actors);
    getContext()
        .getLog()
        .info("active in term {}, metric rows to port {}", begun.epoch(), opened.flightPort());
    SweepFiles files = SweepFiles.in(config.store());
    var all =
        new Sweeps(
            actors,
            new EndedSummaries(files),
            getContext().getSystem().dispatchers().lookup(DispatcherSelector.blocking()),
            Optional.empty());
    var store =
        new StoreKeeping(
            all, files, UploadedFiles.in(config.store()), opened, duties.journal(), config.clock());
    var service =
        new SweepService(
            config.clock(), all, store, opened, new SweepCurves(opened.store(), System::nanoTime));
    opened.tell(service);
    config
        .checkpointRoom()
        .ifPresent(
            bytes -> {
              toMakeRoom = Optional.of(() -> store.makeRoom(new CheckpointRoom(bytes)));
              timers.startTimerWithFixedDelay(Signal.MAKE_ROOM, Duration.ZERO, LOOK_FOR_ROOM);
            });
    return new Active(opened, actors, service);
  }

  private Behavior<Signal> renew() {
    try {
      if (!term.orElseThrow().renew()) {
        return fail("another coordinator has become active, as this one was not heard in time");
      }
      reached = System.nanoTime();
    } catch (UserError unreachable) {
      getContext().getLog().warn("{}", unreachable.getMessage());
      if (System.nanoTime() - reached > WITHOUT_JOURNAL.toNanos()) {
        return fail(String.valueOf(unreachable.getMessage()));
      }
    }
    return this;
  }

  private Behavior<Signal> makeRoom() {
    var log = getContext().getLog();
    toMakeRoom
        .orElseThrow()
        .get()
        .whenComplete(
            (over, problem) -> {
              if (problem != null) {
                log.warn(
                    "checkpoints of ended sweeps could not be looked at: {}", problem.toString());
              } else if (!over.isEmpty()) {
                log.info("{} gave up their checkpoints: there is no more room for them", over);
              }
            });
    return this;
  }

  private Behavior<Signal> died(Terminated dead) {
    return fail(
        "its actor %s died%s"
            .formatted(
                dead.getRef().path().name(),
                dead instanceof ChildFailed failed ? " of " + failed.getCause() : ""));
  }

  private Behavior<Signal> fail(String reason) {
    duties.failed().accept(reason);
    getContext().getSystem().terminate();
    return stop();
  }

  /** The door closes first, so that every row taken is also journaled and stored. */
  private Behavior<Signal> stop() {
    metrics.ifPresent(MetricsService::close);
    metrics = Optional.empty();
    return Behaviors.stopped();
  }

  /** The actors that decide have ended before. */
  private Behavior<Signal> ended() {
    metrics.ifPresent(MetricsService::close);
    term.ifPresent(Term::end);
    return this;
  }
}
