package io.espalier.coordinator.sweep;

import io.espalier.common.UserError;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;

/** Journals one {@link Sweep} and tells the fleet what follows from it. */
public final class SweepActor extends EventSourcedBehavior<SweepActor.Command, SweepEvent, Sweep> {

  /** What the actor is told. */
  public sealed interface Command {}

  /** Begins the sweep; answered once it is journaled. */
  record Submit(SweepsActor.Submission submission, Optional<String> by, ActorRef<SweepId> replyTo)
      implements Command {}

  /** Anything the state decides on alone. */
  public record Tell(SweepInput input) implements Command {}

  /** What a worker reports; answered once it is settled. */
  public record FromWorker(Reported what) implements Command {}

  /** Evaluations of a lease; answered once they are journaled or known not to count. */
  public record Evaluated(Lease.Key lease, List<Report> reports, ActorRef<Done> replyTo)
      implements Command {
    public Evaluated {
      reports = List.copyOf(reports);
    }
  }

  /** Which of the leases are current, so that their rows and results count. */
  public record AskCurrent(Set<Lease.Key> leases, ActorRef<Set<Lease.Key>> replyTo)
      implements Command {}

  /** The sweep for people; empty when it never got as far as its submission. */
  public record AskView(ActorRef<Optional<SweepView>> replyTo) implements Command {}

  /** SHA-256 of the uploaded files that the sweep needs. */
  public record AskUploads(ActorRef<Set<String>> replyTo) implements Command {}

  /**
   * Answered once it is journaled; empty when the sweep was never submitted.
   *
   * @param by the name of whose wish it is, where it is known
   */
  public record Wish(SweepInput.Wish wish, Optional<String> by, ActorRef<Optional<Change>> replyTo)
      implements Command {}

  /**
   * What a wish came to; the same twice when it changed nothing.
   *
   * @param refusal why it could not be granted, in words for whoever had it
   */
  public record Change(SweepView before, SweepView after, Optional<String> refusal) {}

  /** It is no more: nothing of it is to be written. */
  record Forget() implements Command {}

  /** Whoever asks next gets another actor, which reads the journal. */
  record Rest() implements Command {}

  /** Nobody has asked anything for a while. */
  private record Idle() implements Command {}

  /** After a restart: a sweep that was numbered but never journaled ends here. */
  record Resume() implements Command {}

  private record RowsStored(Reported report) implements Command {}

  private record RowsMissing(Reported report, Throwable problem) implements Command {}

  private record Unreadable(String problem) implements Command {}

  /** The end of the sweep is in its files. */
  private record Kept() implements Command {}

  private static final int EVENTS_PER_SNAPSHOT = 10_000;

  private final ActorContext<Command> context;
  private final SweepId id;
  private final Surroundings around;
  private final ActorRef<SweepsActor.Command> sweeps;
  private final ActorRef<SweepScribe.Command> scribe;
  private final PendingReports reports;
  private Optional<SweepSpec> spec = Optional.empty();
  private Policy policy = Policy.NONE;
  private boolean changed;

  /**
   * @param sweeps told when nothing is left to do, or something is again
   */
  static Behavior<Command> create(
      SweepId id, Surroundings around, ActorRef<SweepsActor.Command> sweeps) {
    return Behaviors.setup(context -> new SweepActor(context, id, around, sweeps));
  }

  private SweepActor(
      ActorContext<Command> context,
      SweepId id,
      Surroundings around,
      ActorRef<SweepsActor.Command> sweeps) {
    super(
        persistenceId(id),
        // The object survives the restart and goes on talking to its children.
        SupervisorStrategy.restartWithBackoff(Duration.ofSeconds(1), Duration.ofSeconds(30), 0.1)
            .withStopChildren(false));
    this.context = context;
    this.id = id;
    this.around = around;
    this.sweeps = sweeps;
    this.reports = new PendingReports(around.rows(), around.clock());
    ActorRef<Command> self = context.getSelf();
    this.scribe =
        context.spawn(
            SweepScribe.create(around, () -> self.tell(new Kept())),
            "scribe",
            DispatcherSelector.blocking());
  }

  private static PersistenceId persistenceId(SweepId sweep) {
    return PersistenceId.of("sweep", sweep.value());
  }

  /** What the events of a sweep are filed under. */
  public static String journalOf(SweepId sweep) {
    return persistenceId(sweep).id();
  }

  @Override
  public Sweep emptyState() {
    return Sweep.unsubmitted(id);
  }

  @Override
  public EventHandler<Sweep, SweepEvent> eventHandler() {
    return Sweep::apply;
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(EVENTS_PER_SNAPSHOT, 2);
  }

  @Override
  public CommandHandler<Command, SweepEvent, Sweep> commandHandler() {
    return newCommandHandlerBuilder()
        .forAnyState()
        .onCommand(Submit.class, this::submit)
        .onCommand(Tell.class, this::tell)
        .onCommand(FromWorker.class, (sweep, from) -> reported(sweep, from.what()))
        .onCommand(RowsStored.class, (sweep, stored) -> rowsStored(sweep, stored.report()))
        .onCommand(RowsMissing.class, this::rowsMissing)
        .onCommand(Evaluated.class, this::evaluated)
        .onCommand(AskCurrent.class, this::current)
        .onCommand(AskView.class, (sweep, ask) -> Effect().reply(ask.replyTo(), view(sweep)))
        .onCommand(
            AskUploads.class,
            (sweep, ask) ->
                Effect().reply(ask.replyTo(), Set.copyOf(sweep.origin().files().values())))
        .onCommand(Wish.class, this::wish)
        .onCommand(Resume.class, (sweep, resume) -> resume(sweep))
        .onCommand(Kept.class, (sweep, kept) -> over(sweep))
        .onCommand(Forget.class, (sweep, forget) -> forget())
        .onCommand(Idle.class, (sweep, idle) -> idle(sweep))
        .onCommand(Rest.class, (sweep, rest) -> rest(sweep))
        .onCommand(Unreadable.class, this::unreadable)
        .build();
  }

  @Override
  public SignalHandler<Sweep> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .onSignal(PostStop.instance(), this::stopped)
        .build();
  }

  private void recovered(Sweep sweep) {
    if (sweep.phase() != Sweep.Phase.UNSUBMITTED) {
      read(sweep);
    }
    if (sweep.isUnfinished()) {
      around.observer().recovered(sweep);
    }
    if (sweep.phase() == Sweep.Phase.ENDED) {
      scribe.tell(new SweepScribe.Recovered(new SweepScribe.State(sweep, spec)));
      context.setReceiveTimeout(around.rest(), new Idle());
    } else {
      around.fleet().tell(notices(sweep).ready(context.getSelf()));
    }
  }

  /** What it names may be gone, also between its check and its submission. */
  private void read(Sweep sweep) {
    try {
      SweepSpec values = around.specs().read(sweep.origin());
      policy = around.specs().policy(values);
      spec = Optional.of(values);
    } catch (UserError problem) {
      context.getSelf().tell(new Unreadable(String.valueOf(problem.getMessage())));
    }
  }

  private Effect<SweepEvent, Sweep> submit(Sweep sweep, Submit submit) {
    SweepsActor.Submission what = submit.submission();
    var input =
        new SweepInput.Submit(
            what.yaml(), what.baseDirectory(), what.files(), around.clock().instant());
    return decide(
        sweep,
        input,
        submit.by().map(by -> new SweepEvent.Asked(by, "submit", input.time())),
        (after, events) -> {
          if (!events.isEmpty()) {
            read(after);
            context.getLog().info("sweep {} is submitted", id);
            around.fleet().tell(notices(after).ready(context.getSelf()));
          }
          submit.replyTo().tell(id);
        });
  }

  private Effect<SweepEvent, Sweep> tell(Sweep sweep, Tell tell) {
    if (tell.input() instanceof SweepInput.Ask ask) {
      if (spec.isEmpty()) {
        around.fleet().tell(notices(sweep).work(ask.worker(), List.of()));
        return Effect().none();
      }
      return decide(
          sweep,
          ask,
          (after, events) -> around.fleet().tell(notices(after).work(ask.worker(), events)));
    }
    return decide(sweep, tell.input(), (after, events) -> {});
  }

  private Effect<SweepEvent, Sweep> reported(Sweep sweep, Reported report) {
    Lease.Key lease = report.lease();
    if (!sweep.isCurrent(lease.branch(), lease.attempt())) {
      around.fleet().tell(report.settled());
    } else if (reports.add(report)) {
      context.pipeToSelf(
          reports.rowsOf(report),
          (done, problem) ->
              problem == null ? new RowsStored(report) : new RowsMissing(report, problem));
    }
    return Effect().none();
  }

  private Effect<SweepEvent, Sweep> rowsStored(Sweep sweep, Reported report) {
    return decide(
        sweep,
        reports.stored(report),
        (after, events) -> {
          if (report.isSettled(after)) {
            around.fleet().tell(report.settled());
          }
        });
  }

  /** Not acknowledged: the worker repeats it. */
  private Effect<SweepEvent, Sweep> rowsMissing(Sweep sweep, RowsMissing missing) {
    reports.remove(missing.report());
    context
        .getLog()
        .warn("rows of {} could not be stored", missing.report().lease(), missing.problem());
    return Effect().none();
  }

  private Effect<SweepEvent, Sweep> evaluated(Sweep sweep, Evaluated evaluated) {
    Lease.Key lease = evaluated.lease();
    var input =
        new SweepInput.Evaluated(
            lease.branch(), lease.attempt(), evaluated.reports(), around.clock().instant());
    return decide(sweep, input, (after, events) -> evaluated.replyTo().tell(Done.getInstance()));
  }

  private Effect<SweepEvent, Sweep> current(Sweep sweep, AskCurrent ask) {
    Set<Lease.Key> current =
        ask.leases().stream()
            .filter(lease -> sweep.isCurrent(lease.branch(), lease.attempt()))
            .collect(Collectors.toSet());
    return Effect().reply(ask.replyTo(), current);
  }

  private Effect<SweepEvent, Sweep> wish(Sweep sweep, Wish wish) {
    Optional<SweepView> before = view(sweep);
    try {
      return decide(
          sweep,
          wish.wish(),
          wish.by().map(by -> new SweepEvent.Asked(by, wish.wish().word(), wish.wish().time())),
          (after, events) ->
              wish.replyTo()
                  .tell(
                      before.flatMap(
                          was -> view(after).map(now -> new Change(was, now, Optional.empty())))));
    } catch (UserError problem) {
      Optional<String> refusal = Optional.of(String.valueOf(problem.getMessage()));
      wish.replyTo().tell(before.map(was -> new Change(was, was, refusal)));
      // It may have been opened for this.
      return resume(sweep);
    }
  }

  private Effect<SweepEvent, Sweep> unreadable(Sweep sweep, Unreadable broken) {
    return tell(
        sweep, new Tell(new SweepInput.Unreadable(broken.problem(), around.clock().instant())));
  }

  /** An ended sweep is still open when an earlier life ended before its files were written. */
  private Effect<SweepEvent, Sweep> resume(Sweep sweep) {
    if (sweep.isUnfinished()) {
      return Effect().none();
    }
    around.fleet().tell(new SweepNotice.Finished(id));
    if (sweep.phase() == Sweep.Phase.ENDED) {
      scribe.tell(new SweepScribe.State(sweep, spec));
      return Effect().none();
    }
    return over(sweep);
  }

  private Effect<SweepEvent, Sweep> forget() {
    changed = false;
    return Effect().stop();
  }

  private Effect<SweepEvent, Sweep> over(Sweep sweep) {
    // Its files may have been written late: it goes on by now.
    if (!sweep.isUnfinished()) {
      sweeps.tell(new SweepsActor.Over(id, sweep.phase() == Sweep.Phase.ENDED));
      context.setReceiveTimeout(around.rest(), new Idle());
    }
    return Effect().none();
  }

  private Effect<SweepEvent, Sweep> idle(Sweep sweep) {
    if (!sweep.isUnfinished()) {
      sweeps.tell(new SweepsActor.Idle(id));
    }
    return Effect().none();
  }

  /** It may have been opened while this was on its way. */
  private Effect<SweepEvent, Sweep> rest(Sweep sweep) {
    if (sweep.isUnfinished()) {
      sweeps.tell(new SweepsActor.Awake(id));
      return Effect().none();
    }
    return Effect().stop();
  }

  private Effect<SweepEvent, Sweep> decide(
      Sweep sweep, SweepInput input, BiConsumer<Sweep, List<SweepEvent>> then) {
    return decide(sweep, input, Optional.empty(), then);
  }

  /**
   * @param asked by whom, to stand before what it leads to
   */
  private Effect<SweepEvent, Sweep> decide(
      Sweep sweep,
      SweepInput input,
      Optional<SweepEvent.Asked> asked,
      BiConsumer<Sweep, List<SweepEvent>> then) {
    List<SweepEvent> events = new ArrayList<>(Decisions.decide(sweep, input, policy));
    if (events.isEmpty()) {
      then.accept(sweep, events);
      return Effect().none();
    }
    asked.ifPresent(who -> events.add(0, who));
    long began = System.nanoTime();
    return Effect()
        .persist(events)
        .thenRun(
            after -> {
              around.observer().journaled(Duration.ofNanos(System.nanoTime() - began));
              then.accept(after, events);
              events.forEach(event -> happened(after, event));
              changed = true;
              scribe.tell(new SweepScribe.State(after, spec));
            });
  }

  private void happened(Sweep after, SweepEvent event) {
    around.observer().happened(after, event);
    notices(after).of(event).forEach(around.fleet()::tell);
    if (event instanceof SweepEvent.SweepEnded ended) {
      context.getLog().info("sweep {} is {}", id, ended.state());
    } else if (event instanceof SweepEvent.Moving moving) {
      context.getLog().info("branch {} of {} goes on with {}", moving.branch(), id, moving.to());
    } else if (event instanceof SweepEvent.EndDropped dropped) {
      scribe.tell(new SweepScribe.Dropped(id, dropped.checkpoint()));
    } else if (event instanceof SweepEvent.Reopened) {
      context.getLog().info("sweep {} goes on", id);
      context.cancelReceiveTimeout();
      around.fleet().tell(notices(after).ready(context.getSelf()));
      // Once more: that its earlier end closed it may have been on its way.
      sweeps.tell(new SweepsActor.Open(id, false, context.getSystem().ignoreRef()));
    }
  }

  private Notices notices(Sweep sweep) {
    return new Notices(sweep, spec, policy, around.directory(id));
  }

  private Optional<SweepView> view(Sweep sweep) {
    return sweep.phase() == Sweep.Phase.UNSUBMITTED
        ? Optional.empty()
        : Optional.of(around.specs().view(sweep, spec));
  }

  /** The scribe may be stopped before it wrote the last state. */
  private void stopped(Sweep sweep) {
    if (changed) {
      SweepScribe.write(around, new SweepScribe.State(sweep, spec));
    }
  }
}
