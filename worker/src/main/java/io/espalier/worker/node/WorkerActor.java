package io.espalier.worker.node;

import io.espalier.common.UserError;
import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ProtocolVersion;
import io.espalier.common.protocol.StoreMark;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Speaks for the device while one actor system lives: registers, offers free slots, passes leases
 * in and results out. Holds no state of its own that matters; a successor reads it from the device.
 */
final class WorkerActor {
  /** Everything this actor receives. */
  sealed interface Command {}

  private record FromCoordinator(ToWorker message) implements Command {}

  private record Fleets(Receptionist.Listing listing) implements Command {}

  private record Prepared(SweepId sweep, DatasetSummary summary) implements Command {}

  private record PreparationFailed(SweepId sweep, Throwable cause) implements Command {}

  private record Removed(ClusterEvent.MemberRemoved event) implements Command {}

  private enum Signal implements Command {
    DEVICE_CHANGED,
    HEARTBEAT,
    WAITING,
    SILENCE
  }

  /** Ends the actor system; the device trains on. */
  enum Stop implements Command {
    INSTANCE
  }

  /**
   * What the actor works for.
   *
   * @param connected called with each registration's answer: where metric rows go
   * @param refused called with the reason when the coordinator will not have this worker
   * @param withoutStore called when the coordinator's store is not seen here
   * @param claimSpool called with the coordinator's store before anything is sent to it; throws
   *     when the spool belongs to another
   * @param waiting called every few seconds until this worker is registered
   */
  record Duties(
      WorkerId worker,
      WorkerConfig config,
      HeldLeases leases,
      Consumer<ToWorker.Registered> connected,
      Consumer<String> refused,
      Consumer<UserError> withoutStore,
      Consumer<StoreMark> claimSpool,
      Runnable waiting) {}

  private static final Duration WAITING = Duration.ofSeconds(5);

  /**
   * How long a join may take before it is tried anew. Beside a member that just died it waits until
   * that one is downed; one tried anew meanwhile is a change to the cluster, and puts that off.
   */
  private static final Duration JOINING = Duration.ofMinutes(1);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Duties duties;
  private final ActorRef<ToWorker> self;

  /** What was told since the last sign of life, which repeats all that is not acknowledged. */
  private final Set<Told> told = new HashSet<>();

  /**
   * @param place what tells it from others of its kind for this lease
   */
  private record Told(Class<? extends ToCoordinator> kind, Lease.Key lease, long place) {}

  /** Sweeps whose model and data are being read. */
  private final Set<SweepId> preparing = new HashSet<>();

  private WorkerActor(
      ActorContext<Command> context, TimerScheduler<Command> timers, Duties duties) {
    this.context = context;
    this.timers = timers;
    this.duties = duties;
    this.self = context.messageAdapter(ToWorker.class, FromCoordinator::new);
  }

  static Behavior<Command> create(Duties duties) {
    return Behaviors.setup(
        context -> {
          context.setLoggerName(WorkerActor.class);
          return Behaviors.withTimers(timers -> new WorkerActor(context, timers, duties).looking());
        });
  }

  /** No fleet is known: wait until the receptionist names one. */
  private Behavior<Command> looking() {
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                ToCoordinator.FLEET,
                context.messageAdapter(Receptionist.Listing.class, Fleets::new)));
    ActorRef<Command> me = context.getSelf();
    duties.leases().onChange(() -> me.tell(Signal.DEVICE_CHANGED));
    Duration heartbeat = duties.config().heartbeat();
    timers.startTimerWithFixedDelay(Signal.HEARTBEAT, heartbeat, heartbeat);
    timers.startTimerWithFixedDelay(Signal.WAITING, WAITING, WAITING);
    Cluster.get(context.getSystem())
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.MemberRemoved.class, Removed::new),
                ClusterEvent.MemberRemoved.class));
    timers.startSingleTimer(Signal.SILENCE, JOINING);
    return inEveryPhase().onAnyMessage(message -> Behaviors.same()).build();
  }

  private BehaviorBuilder<Command> inEveryPhase() {
    return Behaviors.receive(Command.class)
        .onMessage(Fleets.class, this::register)
        .onMessage(Removed.class, this::memberRemoved)
        .onMessageEquals(Signal.SILENCE, this::connectionLost)
        .onMessageEquals(
            Signal.WAITING,
            () -> {
              duties.waiting().run();
              return Behaviors.same();
            })
        .onMessage(Stop.class, stop -> Behaviors.stopped());
  }

  /** An empty listing is a fleet that left; the next one may be another coordinator's. */
  private Behavior<Command> register(Fleets fleets) {
    return fleets.listing().getServiceInstances(ToCoordinator.FLEET).stream()
        .findFirst()
        .map(this::registering)
        .orElse(Behaviors.same());
  }

  private Behavior<Command> registering(ActorRef<ToCoordinator> fleet) {
    sayHello(fleet);
    return inEveryPhase()
        .onMessageEquals(
            Signal.HEARTBEAT,
            () -> {
              sayHello(fleet);
              return Behaviors.same();
            })
        .onMessage(FromCoordinator.class, message -> answered(fleet, message.message()))
        .onAnyMessage(message -> Behaviors.same())
        .build();
  }

  private String device() {
    int lanes = duties.config().lanes();
    return "%s, %d %s".formatted(duties.config().device(), lanes, lanes == 1 ? "lane" : "lanes");
  }

  private void sayHello(ActorRef<ToCoordinator> fleet) {
    HeldLeases leases = duties.leases();
    fleet.tell(
        new ToCoordinator.Register(
            duties.worker(),
            ProtocolVersion.CURRENT,
            Optional.of(ClusterSettings.of(context.getSystem().settings().config())),
            duties.config().host(),
            device(),
            leases.slots(),
            leases.holding(),
            self));
  }

  private Behavior<Command> answered(ActorRef<ToCoordinator> fleet, ToWorker answer) {
    if (answer instanceof ToWorker.Refused refused) {
      duties.refused().accept(refused.reason());
      return Behaviors.stopped();
    }
    if (answer instanceof ToWorker.Registered registered) {
      LocalStore store;
      try {
        store = LocalStore.of(registered.store(), duties.config().store());
      } catch (UserError e) {
        duties.withoutStore().accept(e);
        return Behaviors.stopped();
      }
      try {
        duties.claimSpool().accept(registered.store());
      } catch (UserError e) {
        duties.refused().accept(String.valueOf(e.getMessage()));
        return Behaviors.stopped();
      }
      context.getLog().info("registered with coordinator, epoch {}", registered.coordinatorEpoch());
      timers.cancel(Signal.WAITING);
      heard();
      duties.connected().accept(registered);
      reportAll(fleet);
      return serving(fleet, store);
    }
    return Behaviors.same();
  }

  private Behavior<Command> serving(ActorRef<ToCoordinator> fleet, LocalStore store) {
    return inEveryPhase()
        .onMessageEquals(Signal.HEARTBEAT, () -> reportAll(fleet))
        .onMessageEquals(
            Signal.DEVICE_CHANGED,
            () -> {
              report(fleet);
              return Behaviors.same();
            })
        .onMessage(
            Prepared.class,
            done -> {
              fleet.tell(new ToCoordinator.Prepared(duties.worker(), done.sweep(), done.summary()));
              preparing.remove(done.sweep());
              return Behaviors.same();
            })
        .onMessage(
            PreparationFailed.class,
            failed -> {
              fleet.tell(
                  new ToCoordinator.PreparationFailed(
                      duties.worker(),
                      failed.sweep(),
                      problem(failed.cause()),
                      PreparationProblem.isOnlyHere(PreparationProblem.cause(failed.cause()))));
              preparing.remove(failed.sweep());
              return Behaviors.same();
            })
        .onMessage(FromCoordinator.class, message -> serve(fleet, store, message.message()))
        .build();
  }

  private Behavior<Command> serve(
      ActorRef<ToCoordinator> fleet, LocalStore store, ToWorker message) {
    heard();
    if (message instanceof ToWorker.Grant grant) {
      duties.leases().start(store.local(grant.lease()));
      // Offers sent before the grant came do not name it; this one does.
      offer(fleet);
    } else if (message instanceof ToWorker.StopBranch stop) {
      if (stop.goesOn()) {
        duties.leases().giveBack(stop.lease(), new Outcome.Stopped(stop.outcome().reason()));
      } else {
        duties.leases().stop(stop.lease(), stop.outcome());
      }
    } else if (message instanceof ToWorker.MilestonesAcknowledged done) {
      duties.leases().acknowledged(done.lease(), done.trials());
    } else if (message instanceof ToWorker.CheckpointAcknowledged done) {
      duties.leases().checkpointAcknowledged(done.lease(), done.update());
    } else if (message instanceof ToWorker.ResultAcknowledged done) {
      duties.leases().acknowledged(done.lease());
      offer(fleet);
    } else if (message instanceof ToWorker.Prepare prepare) {
      prepare(prepare, store);
    } else if (message instanceof ToWorker.Registered registered) {
      duties.connected().accept(registered);
    } else if (message instanceof ToWorker.Refused refused) {
      duties.refused().accept(refused.reason());
      return Behaviors.stopped();
    }
    return Behaviors.same();
  }

  /** Asked again until it has answered: a message may be lost. */
  private void prepare(ToWorker.Prepare prepare, LocalStore store) {
    if (!preparing.add(prepare.sweep())) {
      return;
    }
    context.pipeToSelf(
        duties.leases().prepare(store.local(prepare.settings()), prepare.training()),
        (summary, failure) ->
            failure == null
                ? new Prepared(prepare.sweep(), summary)
                : new PreparationFailed(prepare.sweep(), failure));
  }

  private String problem(Throwable failure) {
    Throwable cause = PreparationProblem.cause(failure);
    if (cause instanceof UserError) {
      return String.valueOf(cause.getMessage());
    }
    context.getLog().error("preparation failed", cause);
    return "reading model or data failed: " + cause + "; the worker's log has the trace";
  }

  /** Also what was told: it may have been lost. */
  private Behavior<Command> reportAll(ActorRef<ToCoordinator> fleet) {
    told.clear();
    report(fleet);
    return Behaviors.same();
  }

  /** What is new. Results first, so that a slot is offered only after what it did is told. */
  private void report(ActorRef<ToCoordinator> fleet) {
    for (LeftCheckpoints.Left left : duties.leases().checkpoints()) {
      tellOnce(
          fleet,
          left.checkpoint().update(),
          left.lease(),
          new ToCoordinator.CheckpointLeft(
              duties.worker(), left.lease(), left.checkpoint(), left.lastSequence()));
    }
    for (HeldLeases.Reached reached : duties.leases().reached()) {
      tellOnce(
          fleet,
          reached.results().get(reached.results().size() - 1).trial().number(),
          reached.lease(),
          new ToCoordinator.MilestonesReached(
              duties.worker(), reached.lease(), reached.results(), reached.lastSequence()));
    }
    for (HeldLeases.Ended ended : duties.leases().ended()) {
      tellOnce(
          fleet,
          ended.lastSequence(),
          ended.lease(),
          new ToCoordinator.BranchEnded(
              duties.worker(),
              ended.lease(),
              ended.results(),
              ended.lastSequence(),
              ended.rested()));
    }
    for (HeldLeases.Unfit unfit : duties.leases().unfit()) {
      fleet.tell(new ToCoordinator.Unfit(duties.worker(), unfit.sweep(), unfit.reason()));
    }
    offer(fleet);
  }

  private void tellOnce(
      ActorRef<ToCoordinator> fleet, long place, Lease.Key lease, ToCoordinator message) {
    if (told.add(new Told(message.getClass(), lease, place))) {
      fleet.tell(message);
    }
  }

  private void offer(ActorRef<ToCoordinator> fleet) {
    fleet.tell(
        new ToCoordinator.Offer(
            duties.worker(),
            duties.leases().slots(),
            duties.leases().free(),
            duties.leases().holding()));
  }

  private void heard() {
    timers.startSingleTimer(Signal.SILENCE, duties.config().silence());
  }

  /**
   * No resolver notices a last coordinator that leaves cleanly: this node must look for it anew.
   */
  private Behavior<Command> memberRemoved(Removed removed) {
    Member gone = removed.event().member();
    // The state read here may still have the member that this event removes.
    boolean anotherIsThere =
        StreamSupport.stream(
                Cluster.get(context.getSystem()).state().getMembers().spliterator(), false)
            .anyMatch(
                member ->
                    member.hasRole(ClusterSettings.COORDINATOR)
                        && !member.uniqueAddress().equals(gone.uniqueAddress()));
    return gone.hasRole(ClusterSettings.COORDINATOR) && !anotherIsThere
        ? connectionLost()
        : Behaviors.same();
  }

  private Behavior<Command> connectionLost() {
    if (!timers.isTimerActive(Signal.WAITING)) {
      context.getLog().warn("the coordinator is gone; connecting anew, training goes on");
    }
    return Behaviors.stopped();
  }
}
