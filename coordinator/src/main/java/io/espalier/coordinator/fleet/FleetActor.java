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
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepInput;
import io.espalier.coordinator.sweep.SweepNotice;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
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
  private final Map<WorkerId, ActorRef<ToWorker>> connections = new HashMap<>();
  private final KnownSweeps sweeps = new KnownSweeps();
  private final Map<SweepId, ToWorker.Prepare> tasks = new HashMap<>();
  private final Questions questions = new Questions();

  /** Workers that have room and were given nothing when all sweeps were last asked. */
  private final Set<WorkerId> content = new HashSet<>();

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
      assignAll();
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
      milestonesReached(reached);
    } else if (message instanceof ToCoordinator.CheckpointLeft left) {
      checkpointLeft(left);
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
    boolean news = !connections.containsKey(worker);
    fleet = fleet.registered(worker, register.slots(), now());
    roster.registered(register, now());
    connections.put(worker, register.replyTo());
    content.remove(worker);
    getContext().watchWith(register.replyTo(), new Disconnected(worker, register.replyTo()));
    if (news) {
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
    send(
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
        .forEach(sweep -> Optional.ofNullable(tasks.get(sweep)).ifPresent(t -> send(worker, t)));
  }

  private void offer(ToCoordinator.Offer offer) {
    WorkerId worker = offer.worker();
    if (!connections.containsKey(worker)) {
      // Unanswered, its watchdog makes it register again.
      return;
    }
    fleet = fleet.offered(worker, offer.slots(), offer.freeSlots(), offer.holding(), now());
    send(worker, new ToWorker.Heard());
    end(worker, offer.holding());
    remindOfPreparations(worker);
    assign(worker);
  }

  private void end(WorkerId worker, List<Lease.Key> holding) {
    for (Lease.Key lease : holding) {
      fleet.ending(worker, lease).ifPresent(halt -> send(worker, stop(lease, halt)));
    }
  }

  private static ToWorker.StopBranch stop(Lease.Key lease, Halt halt) {
    return new ToWorker.StopBranch(lease, halt.outcome(), halt.goesOn());
  }

  private void branchEnded(ToCoordinator.BranchEnded ended) {
    Optional<ActorRef<SweepActor.Command>> sweep = sweeps.actor(ended.lease().sweep());
    if (sweep.isEmpty()) {
      // All unfinished sweeps are known here, so this one needs no result any more.
      send(ended.worker(), new ToWorker.ResultAcknowledged(ended.lease()));
      return;
    }
    fleet = fleet.reported(ended.lease());
    sweep
        .get()
        .tell(
            new SweepActor.Results(
                ended.worker(),
                ended.lease(),
                ended.results(),
                true,
                ended.lastSequence(),
                ended.rested()));
  }

  /** Of a sweep that is not known here the branch's end will be acknowledged. */
  private void milestonesReached(ToCoordinator.MilestonesReached reached) {
    sweeps
        .actor(reached.lease().sweep())
        .ifPresent(
            sweep ->
                sweep.tell(
                    new SweepActor.Results(
                        reached.worker(),
                        reached.lease(),
                        reached.results(),
                        false,
                        reached.lastSequence(),
                        Optional.empty())));
  }

  /** As above. */
  private void checkpointLeft(ToCoordinator.CheckpointLeft left) {
    sweeps
        .actor(left.lease().sweep())
        .ifPresent(
            sweep ->
                sweep.tell(
                    new SweepActor.CheckpointLeft(
                        left.worker(), left.lease(), left.checkpoint(), left.lastSequence())));
  }

  private Behavior<Command> sweep(SweepNotice notice) {
    if (notice instanceof SweepNotice.Recovering recovering) {
      sweeps.expect(recovering.sweeps());
    } else if (notice instanceof SweepNotice.Ready ready) {
      ready(ready);
    } else if (notice instanceof SweepNotice.Waiting) {
      assignAll();
    } else if (notice instanceof SweepNotice.Work work) {
      work(work);
    } else if (notice instanceof SweepNotice.PreparationOver over) {
      fleet = fleet.prepared(over.sweep());
      tasks.remove(over.sweep());
    } else if (notice instanceof SweepNotice.Ending ending) {
      fleet = fleet.ending(ending.lease(), Optional.of(ending.halt()));
      fleet
          .holder(ending.lease())
          .ifPresent(worker -> send(worker, stop(ending.lease(), ending.halt())));
    } else if (notice instanceof SweepNotice.GoingOn goingOn) {
      fleet = fleet.ending(goingOn.lease(), Optional.empty());
    } else if (notice instanceof SweepNotice.Released released) {
      fleet = fleet.released(released.lease());
    } else if (notice instanceof SweepNotice.MilestonesSettled settled) {
      send(
          settled.worker(), new ToWorker.MilestonesAcknowledged(settled.lease(), settled.trials()));
    } else if (notice instanceof SweepNotice.CheckpointSettled settled) {
      send(
          settled.worker(), new ToWorker.CheckpointAcknowledged(settled.lease(), settled.update()));
    } else if (notice instanceof SweepNotice.Settled settled) {
      send(settled.worker(), new ToWorker.ResultAcknowledged(settled.lease()));
    } else if (notice instanceof SweepNotice.Failed failed) {
      failed(failed);
    } else if (notice instanceof SweepNotice.Trained trained) {
      held(fleet.trained(trained.lease()));
    } else if (notice instanceof SweepNotice.Finished finished) {
      sweeps.remove(finished.sweep());
      tasks.remove(finished.sweep());
      fleet = fleet.without(finished.sweep());
      goOnWithout(finished.sweep());
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
    goOnWithout(ready.sweep());
    assignAll();
  }

  private void work(SweepNotice.Work work) {
    WorkerId worker = work.worker();
    questions.answered(worker, work.sweep());
    boolean here = connections.containsKey(worker);
    for (Lease lease : work.leases()) {
      if (here) {
        fleet = fleet.granted(worker, lease.key());
        send(worker, new ToWorker.Grant(lease));
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
        send(worker, work.prepare().get());
      } else {
        tell(work.sweep(), new SweepInput.PreparationLost(worker, left(worker), now()));
      }
    }
    if (!work.leases().isEmpty()) {
      content.remove(worker);
      assignOthers(worker);
    }
    ask(worker, Optional.of(work.sweep()));
  }

  /** There may be something for everybody. */
  private void assignAll() {
    content.clear();
    fleet.connected().forEach(this::assign);
  }

  /** One worker's turn may have made another's. */
  private void assignOthers(WorkerId worker) {
    fleet.connected().stream().filter(other -> !other.equals(worker)).forEach(this::assign);
  }

  private static String left(WorkerId worker) {
    return "worker %s left before it was told".formatted(worker);
  }

  /** Offers a worker's room to the sweeps, the oldest first, one question at a time. */
  private void assign(WorkerId worker) {
    if (questions.mayBegin(worker)) {
      ask(worker, Optional.empty());
    }
  }

  private void ask(WorkerId worker, Optional<SweepId> after) {
    SweepInput.Room room = fleet.room(worker, content, now());
    Optional<SweepId> next = room.isNone() ? Optional.empty() : sweeps.next(after);
    if (next.isPresent()) {
      questions.asked(worker, next.get());
      tell(next.get(), new SweepInput.Ask(worker, room, settings.epoch(), now()));
    } else if (questions.repeat(worker) && !room.isNone()) {
      ask(worker, Optional.empty());
    } else if (room.free() > 0 && content.add(worker)) {
      assignOthers(worker);
    }
  }

  /** Whoever waits for this sweep's answer gets none from it. */
  private void goOnWithout(SweepId sweep) {
    questions.unanswered(sweep).forEach(worker -> ask(worker, Optional.of(sweep)));
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

  private void send(WorkerId worker, ToWorker message) {
    Optional.ofNullable(connections.get(worker)).ifPresent(there -> there.tell(message));
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
