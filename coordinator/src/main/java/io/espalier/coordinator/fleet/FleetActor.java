package io.espalier.coordinator.fleet;

import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.WorkerView;
import io.espalier.coordinator.sweep.Halt;
import io.espalier.coordinator.sweep.Loss;
import io.espalier.coordinator.sweep.Reported;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepNotice;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/** Carries messages between workers and sweeps; what they mean for the fleet is {@link Fleet}'s. */
public final class FleetActor extends AbstractBehavior<FleetActor.Command> {

  /** What the actor is told; others reach it through the refs it hands out. */
  public sealed interface Command {}

  /** From a worker. */
  public record FromWorker(ToCoordinator message) implements Command {}

  /** From a sweep. */
  public record FromSweep(SweepNotice notice) implements Command {}

  /** Who is there, by id. */
  public record AskWorkers(ActorRef<List<WorkerView>> replyTo) implements Command {}

  /**
   * Lets a worker out of its quarantine.
   *
   * @param by whose wish it is, where it is known
   * @param replyTo told whether there is such a worker
   */
  public record Release(WorkerId worker, Optional<String> by, ActorRef<Boolean> replyTo)
      implements Command {}

  private record Disconnected(WorkerId worker, ActorRef<ToWorker> connection) implements Command {}

  private record LookAtTheClock() implements Command {}

  /** What the journal holds against workers. */
  private record Known(Quarantine quarantine) implements Command {}

  private static final Duration TICK = Duration.ofSeconds(1);

  private final FleetSettings settings;
  private final Connections connections = new Connections();
  private final KnownSweeps sweeps = new KnownSweeps();
  private final Map<SweepId, ToWorker.Prepare> tasks = new HashMap<>();
  private final Turns turns = new Turns(sweeps, new Floor());
  private final Admission admission;
  private final Roster roster = new Roster();
  private final Runnable opened;
  private final ActorRef<QuarantineActor.Command> quarantine;
  private Fleet fleet;
  private boolean quarantineKnown;
  private boolean open;

  /**
   * @param opened run once workers are let in
   */
  public static Behavior<Command> create(FleetSettings settings, Runnable opened) {
    return create(settings, opened, QuarantineActor::create);
  }

  /**
   * @param keeper of the quarantine, given whom to tell what it has kept
   */
  static Behavior<Command> create(
      FleetSettings settings,
      Runnable opened,
      Function<Consumer<Quarantine>, Behavior<QuarantineActor.Command>> keeper) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new LookAtTheClock(), TICK);
                  return new FleetActor(context, settings, opened, keeper);
                }));
  }

  private FleetActor(
      ActorContext<Command> context,
      FleetSettings settings,
      Runnable opened,
      Function<Consumer<Quarantine>, Behavior<QuarantineActor.Command>> keeper) {
    super(context);
    this.opened = opened;
    context.setLoggerName(FleetActor.class);
    this.settings = settings;
    this.admission = new Admission(ClusterSettings.of(context.getSystem().settings().config()));
    this.fleet = Fleet.empty(settings.patience(), settings.clock().instant());
    ActorRef<Command> self = context.getSelf();
    this.quarantine =
        context.spawn(keeper.apply(known -> self.tell(new Known(known))), "quarantine");
    context.watch(quarantine);
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(FromWorker.class, from -> worker(from.message()))
        .onMessage(FromSweep.class, from -> sweep(from.notice()))
        .onMessage(AskWorkers.class, this::workers)
        .onMessage(Release.class, this::release)
        .onMessage(Disconnected.class, this::disconnected)
        .onMessage(LookAtTheClock.class, tick -> tick())
        .onMessage(Known.class, this::known)
        .build();
  }

  private Behavior<Command> workers(AskWorkers ask) {
    ask.replyTo().tell(roster.views(fleet, now()));
    return this;
  }

  /** Not again when its keeper was restarted: what is held here is newer. */
  private Behavior<Command> known(Known known) {
    if (!quarantineKnown) {
      quarantineKnown = true;
      fleet = fleet.with(known.quarantine());
      openIfReady();
    }
    quarantine.tell(new QuarantineActor.Keep(fleet.quarantine()));
    return this;
  }

  private void held(Fleet next) {
    if (!next.quarantine().equals(fleet.quarantine())) {
      quarantine.tell(new QuarantineActor.Keep(next.quarantine()));
    }
    fleet = next;
  }

  private Behavior<Command> release(Release release) {
    boolean known = fleet.member(release.worker()).isPresent();
    if (known) {
      quarantine.tell(new QuarantineActor.Release(release.worker().place(), release.by(), now()));
      held(fleet.released(release.worker()));
      turns.all();
    }
    release.replyTo().tell(known);
    return this;
  }

  private Behavior<Command> worker(ToCoordinator message) {
    roster.heard(message.worker(), now());
    if (message instanceof ToCoordinator.Register register) {
      register(register);
    } else if (message instanceof ToCoordinator.Offer offer) {
      offer(offer);
    } else if (message instanceof ToCoordinator.Prepared prepared) {
      tell(prepared.sweep(), new SweepInput.Prepared(prepared.worker(), prepared.summary(), now()));
    } else if (message instanceof ToCoordinator.PreparationFailed failed) {
      tell(failed.sweep(), preparationFailed(failed));
    } else if (message instanceof ToCoordinator.Unfit unfit) {
      getContext()
          .getLog()
          .warn("{} gets no more of {}: {}", unfit.worker(), unfit.sweep(), unfit.reason());
      tell(unfit.sweep(), new SweepInput.Unfit(unfit.worker(), unfit.reason(), now()));
    } else if (message instanceof ToCoordinator.MilestonesReached reached) {
      report(new Reported.Reached(reached));
    } else if (message instanceof ToCoordinator.CheckpointLeft left) {
      report(new Reported.Left(left));
    } else if (message instanceof ToCoordinator.BranchEnded ended) {
      branchEnded(ended);
    }
    return this;
  }

  private SweepInput preparationFailed(ToCoordinator.PreparationFailed failed) {
    return failed.onlyHere()
        ? new SweepInput.CannotPrepare(failed.worker(), failed.problem(), fleet.connected(), now())
        : new SweepInput.PreparationFailed(failed.worker(), failed.problem(), now());
  }

  private void register(ToCoordinator.Register register) {
    WorkerId worker = register.worker();
    Optional<String> refusal = admission.refusal(register);
    if (refusal.isPresent()) {
      getContext().getLog().warn(refusal.get());
      register.replyTo().tell(new ToWorker.Refused(refusal.get()));
      return;
    }
    fleet = fleet.registered(worker, register.slots(), now());
    roster.registered(register, now());
    turns.registered(worker);
    getContext().watchWith(register.replyTo(), new Disconnected(worker, register.replyTo()));
    if (connections.add(worker, register.replyTo())) {
      getContext()
          .getLog()
          .info(
              "worker {} on {} ({}) is here, holding {}",
              worker,
              register.host(),
              register.device(),
              register.holding());
    }
    List<ToWorker.Stored> stored =
        register.holding().stream()
            .filter(lease -> fleet.holds(worker, lease))
            .map(lease -> new ToWorker.Stored(lease, settings.stored().applyAsLong(lease)))
            .toList();
    connections.send(
        worker,
        new ToWorker.Registered(
            settings.epoch(),
            settings.flightHost(),
            settings.flightPort(),
            settings.store(),
            stored));
    end(worker, register.holding());
    remindOfPreparations(worker);
    slotsChanged();
  }

  /** The task or its answer may have been lost; whoever is at it already need not begin again. */
  private void remindOfPreparations(WorkerId worker) {
    fleet
        .preparations(worker)
        .forEach(
            sweep ->
                Optional.ofNullable(tasks.get(sweep)).ifPresent(t -> connections.send(worker, t)));
  }

  private void offer(ToCoordinator.Offer offer) {
    WorkerId worker = offer.worker();
    if (!connections.isHere(worker)) {
      // Unanswered, its watchdog makes it register again.
      return;
    }
    fleet = fleet.offered(worker, offer.slots(), offer.freeSlots(), offer.holding(), now());
    connections.send(worker, new ToWorker.Heard());
    end(worker, offer.holding());
    remindOfPreparations(worker);
    turns.of(worker);
  }

  private void end(WorkerId worker, List<Lease.Key> holding) {
    for (Lease.Key lease : holding) {
      fleet.ending(worker, lease).ifPresent(halt -> connections.send(worker, stop(lease, halt)));
    }
  }

  private static ToWorker.StopBranch stop(Lease.Key lease, Halt halt) {
    return new ToWorker.StopBranch(lease, halt.outcome(), halt.goesOn());
  }

  private void branchEnded(ToCoordinator.BranchEnded ended) {
    if (sweeps.actor(ended.lease().sweep()).isPresent()) {
      fleet = fleet.reported(ended.lease());
      report(new Reported.Ended(ended));
    } else {
      // All unfinished sweeps are known here, so this one needs no result any more.
      connections.send(ended.worker(), new ToWorker.ResultAcknowledged(ended.lease()));
    }
  }

  /** Goes nowhere when the sweep is not known; its branch's end will be acknowledged. */
  private void report(Reported what) {
    sweeps
        .actor(what.lease().sweep())
        .ifPresent(sweep -> sweep.tell(new SweepActor.FromWorker(what)));
  }

  private Behavior<Command> sweep(SweepNotice notice) {
    if (notice instanceof SweepNotice.Recovering recovering) {
      sweeps.expect(recovering.sweeps());
    } else if (notice instanceof SweepNotice.Ready ready) {
      ready(ready);
    } else if (notice instanceof SweepNotice.Waiting) {
      turns.all();
    } else if (notice instanceof SweepNotice.Work work) {
      work(work);
    } else if (notice instanceof SweepNotice.PreparationOver over) {
      fleet = fleet.prepared(over.sweep());
      tasks.remove(over.sweep());
    } else if (notice instanceof SweepNotice.Ending ending) {
      fleet = fleet.ending(ending.lease(), Optional.of(ending.halt()));
      fleet
          .holder(ending.lease())
          .ifPresent(worker -> connections.send(worker, stop(ending.lease(), ending.halt())));
    } else if (notice instanceof SweepNotice.GoingOn goingOn) {
      fleet = fleet.ending(goingOn.lease(), Optional.empty());
    } else if (notice instanceof SweepNotice.Released released) {
      fleet = fleet.released(released.lease());
    } else if (notice instanceof SweepNotice.MilestonesSettled settled) {
      connections.send(
          settled.worker(), new ToWorker.MilestonesAcknowledged(settled.lease(), settled.trials()));
    } else if (notice instanceof SweepNotice.CheckpointSettled settled) {
      connections.send(
          settled.worker(), new ToWorker.CheckpointAcknowledged(settled.lease(), settled.update()));
    } else if (notice instanceof SweepNotice.Settled settled) {
      connections.send(settled.worker(), new ToWorker.ResultAcknowledged(settled.lease()));
    } else if (notice instanceof SweepNotice.Failed failed) {
      failed(failed);
    } else if (notice instanceof SweepNotice.Trained trained) {
      held(fleet.trained(trained.lease()));
    } else if (notice instanceof SweepNotice.Finished finished) {
      sweeps.remove(finished.sweep());
      tasks.remove(finished.sweep());
      fleet = fleet.without(finished.sweep());
      turns.without(finished.sweep());
    }
    slotsChanged();
    openIfReady();
    return this;
  }

  private void failed(SweepNotice.Failed failed) {
    WorkerId worker = failed.worker();
    boolean was = fleet.quarantine().isShut(worker.place(), now());
    held(
        fleet.failed(
            worker,
            new Quarantine.Failure(failed.sweep(), failed.branch(), failed.reason()),
            failed.everywhere(),
            now()));
    fleet
        .quarantine()
        .shut(worker.place(), now())
        .filter(standing -> !was)
        .ifPresent(
            standing ->
                getContext()
                    .getLog()
                    .warn(
                        "{} is quarantined until {}: {}",
                        worker.place(),
                        standing.until().orElseThrow(),
                        standing.reason()));
  }

  private void ready(SweepNotice.Ready ready) {
    sweeps.ready(ready.sweep(), ready.actor());
    fleet =
        fleet.recovered(
            ready.sweep(),
            ready.leases(),
            ready.ending(),
            ready.preparation().map(SweepNotice.Preparation::worker),
            now());
    ready.preparation().ifPresent(p -> tasks.put(ready.sweep(), p.task()));
    turns.without(ready.sweep());
    turns.all();
  }

  private void work(SweepNotice.Work work) {
    WorkerId worker = work.worker();
    boolean here = connections.isHere(worker);
    for (Lease lease : work.leases()) {
      if (here) {
        fleet = fleet.granted(worker, lease.key());
        connections.send(worker, new ToWorker.Grant(lease));
      } else {
        tell(
            work.sweep(),
            new SweepInput.LeaseLost(
                lease.branch().id(), lease.attempt(), Loss.returned(left(worker)), now()));
      }
    }
    if (work.prepare().isPresent()) {
      if (here) {
        fleet = fleet.preparing(work.sweep(), worker);
        tasks.put(work.sweep(), work.prepare().get());
        connections.send(worker, work.prepare().get());
      } else {
        tell(work.sweep(), new SweepInput.PreparationLost(worker, left(worker), now()));
      }
    }
    turns.answered(work.sweep(), worker, !work.leases().isEmpty());
  }

  private static String left(WorkerId worker) {
    return "worker %s left before it was told".formatted(worker);
  }

  /** What {@link Turns} sees of the fleet. */
  private final class Floor implements Turns.Floor {
    @Override
    public Set<WorkerId> connected() {
      return fleet.connected();
    }

    @Override
    public SweepInput.Room room(WorkerId worker, Set<WorkerId> content) {
      return fleet.room(worker, content, now());
    }

    @Override
    public void ask(SweepId sweep, WorkerId worker, SweepInput.Room room) {
      tell(sweep, new SweepInput.Ask(worker, room, settings.epoch(), now()));
    }
  }

  private Behavior<Command> disconnected(Disconnected gone) {
    if (connections.remove(gone.worker(), gone.connection())) {
      getContext().getLog().info("worker {} is disconnected", gone.worker());
      fleet = fleet.disconnected(gone.worker(), now());
      slotsChanged();
    }
    return this;
  }

  private Behavior<Command> tick() {
    Fleet.Tick tick = fleet.tick(now());
    fleet = tick.fleet();
    for (Fleet.Loss loss : tick.losses()) {
      getContext().getLog().warn("{}: {} are lost", loss.reason(), loss.leases());
      settings.lost().lost(loss.worker(), loss.reason(), now());
      for (Lease.Key lease : loss.leases()) {
        tell(
            lease.sweep(),
            new SweepInput.LeaseLost(
                lease.branch(), lease.attempt(), Loss.gone(loss.reason()), now()));
      }
      for (SweepId sweep : loss.preparations()) {
        tell(sweep, new SweepInput.PreparationLost(loss.worker(), loss.reason(), now()));
      }
    }
    fleet
        .imbalance(turns.content(), now())
        .ifPresent(
            found ->
                tell(
                    found.sweep(),
                    new SweepInput.Move(found.from(), found.to(), settings.worthMoving(), now())));
    // Also a quarantine may have ended.
    slotsChanged();
    return this;
  }

  /** Workers find the fleet once every unfinished sweep has said which leases count. */
  private void openIfReady() {
    if (!open && quarantineKnown && sweeps.areReady()) {
      open = true;
      ActorRef<ToCoordinator> door = getContext().spawn(door(getContext().getSelf()), "door");
      getContext()
          .getSystem()
          .receptionist()
          .tell(Receptionist.register(ToCoordinator.FLEET, door));
      opened.run();
    }
  }

  private static Behavior<ToCoordinator> door(ActorRef<Command> fleet) {
    return Behaviors.receiveMessage(
        message -> {
          fleet.tell(new FromWorker(message));
          return Behaviors.same();
        });
  }

  private void tell(SweepId sweep, SweepInput input) {
    sweeps.actor(sweep).ifPresent(actor -> actor.tell(new SweepActor.Tell(input)));
  }

  private void slotsChanged() {
    int used = fleet.usedSlots();
    int free = Math.max(0, fleet.slots() - used);
    settings
        .slots()
        .changed(
            new FleetSettings.Slots.Counts(
                fleet.connected().size(), fleet.quarantined(now()), free, used));
  }

  private Instant now() {
    return settings.clock().instant();
  }
}
