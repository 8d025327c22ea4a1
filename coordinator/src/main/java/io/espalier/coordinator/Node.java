package io.espalier.coordinator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.fleet.FleetActor;
import io.espalier.coordinator.fleet.FleetSettings;
import io.espalier.coordinator.sweep.Surroundings;
import io.espalier.coordinator.sweep.SweepActor;
import io.espalier.coordinator.sweep.SweepNotice;
import io.espalier.coordinator.sweep.SweepsActor;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.remote.RemoteTransportException;

/** The actor system of a coordinator: a cluster of its own that workers join. */
final class Node implements AutoCloseable {
  /** All nodes of a cluster must bear the same name. */
  static final String SYSTEM = "espalier";

  /** Longer than the journal's circuit breaker takes to give up. */
  private static final Duration ANSWER = Duration.ofSeconds(30);

  /** For what still works when the system ends by itself. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** Out of memory, or another error no actor outlives; Pekko logs which. */
  private static final String UNKNOWN_REASON = "a fatal error, or it was downed by its cluster";

  private final ActorSystem<Void> system;
  private final Actors actors;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  /** Done once the fleet lets workers in. */
  private final CompletableFuture<Void> opened;

  private volatile boolean closing;

  private Node(
      ActorSystem<Void> system,
      Actors actors,
      CompletableFuture<Void> opened,
      CompletableFuture<String> reason) {
    this.opened = opened;
    this.system = system;
    this.actors = actors;
    reason.thenAccept(why -> ended.completeExceptionally(cannotGoOn(why)));
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind(),
            "say-why",
            () -> {
              ends(reason);
              return CompletableFuture.completedStage(Done.getInstance());
            });
    system.getWhenTerminated().whenComplete((done, problem) -> ends(reason));
  }

  private void ends(CompletableFuture<String> reason) {
    if (closing) {
      ended.complete(null);
    } else {
      reason.complete(UNKNOWN_REASON);
    }
  }

  private record Actors(ActorRef<SweepsActor.Command> sweeps, ActorRef<FleetActor.Command> fleet) {}

  /**
   * @param around makes the sweeps' surroundings, given the fleet
   * @throws UserError when the cluster port cannot be bound
   */
  static Node start(
      CoordinatorConfig config,
      Journal journal,
      FleetSettings fleet,
      Function<ActorRef<SweepNotice>, Surroundings> around) {
    var actors = new CompletableFuture<Actors>();
    var opened = new CompletableFuture<Void>();
    var reason = new CompletableFuture<String>();
    ActorSystem<Void> system;
    try {
      system =
          ActorSystem.create(
              guardian(fleet, around, actors, opened, reason), SYSTEM, settings(config, journal));
    } catch (RuntimeException e) {
      if (!(e instanceof RemoteTransportException)) {
        throw e;
      }
      throw new UserError(
          "Cluster port %d on %s cannot be opened: %s. Another coordinator may be using it: end that one, or choose another port with --cluster-port."
              .formatted(config.clusterPort(), config.bind(), cause(e)),
          e);
    }
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    return new Node(system, actors.join(), opened, reason);
  }

  /**
   * None of its actors is missed by the others when it dies: without one of them the system ends.
   *
   * @param reason completed when it ends for that
   */
  private static Behavior<Void> guardian(
      FleetSettings fleet,
      Function<ActorRef<SweepNotice>, Surroundings> around,
      CompletableFuture<Actors> actors,
      CompletableFuture<Void> opened,
      CompletableFuture<String> reason) {
    return Behaviors.setup(
        context -> {
          ActorRef<FleetActor.Command> fleetActor =
              context.spawn(FleetActor.create(fleet, () -> opened.complete(null)), "fleet");
          ActorRef<SweepNotice> notices =
              context.spawn(
                  Behaviors.receiveMessage(
                      (SweepNotice notice) -> {
                        fleetActor.tell(new FleetActor.FromSweep(notice));
                        return Behaviors.same();
                      }),
                  "notices");
          ActorRef<SweepsActor.Command> sweeps =
              context.spawn(SweepsActor.create(around.apply(notices)), "sweeps");
          context.watch(fleetActor);
          context.watch(notices);
          context.watch(sweeps);
          actors.complete(new Actors(sweeps, fleetActor));
          return Behaviors.receive(Void.class)
              .onSignal(
                  Terminated.class,
                  dead -> {
                    reason.complete(reason(dead));
                    return Behaviors.stopped();
                  })
              .build();
        });
  }

  private static String reason(Terminated dead) {
    return "its actor %s died%s"
        .formatted(
            dead.getRef().path().name(),
            dead instanceof ChildFailed failed ? " of " + failed.getCause() : "");
  }

  private static UserError cannotGoOn(String reason) {
    return new UserError(
        "The coordinator cannot go on: %s. Its log says more. Nothing that was journaled is lost: started again on the same store, it goes on from there."
            .formatted(reason));
  }

  private static Config settings(CoordinatorConfig config, Journal journal) {
    Config start =
        ConfigFactory.parseMap(
            Map.of(
                "pekko.remote.artery.canonical.hostname", config.host(),
                "pekko.remote.artery.canonical.port", config.clusterPort(),
                "pekko.remote.artery.bind.hostname", config.bind(),
                "pekko-persistence-jdbc.shared-databases.slick.db.url", journal.url()));
    return ConfigFactory.load(
        start.withFallback(ConfigFactory.parseResourcesAnySyntax("espalier-coordinator.conf")));
  }

  private static String cause(Throwable problem) {
    Throwable deepest = problem;
    for (Throwable next = problem; next != null; next = next.getCause()) {
      deepest = next;
    }
    return String.valueOf(deepest.getMessage());
  }

  ActorSystem<Void> system() {
    return system;
  }

  /**
   * Completes when {@link #close} ends the actor system; fails with {@link UserError} when it ends
   * by itself.
   */
  CompletionStage<Void> whenEnded() {
    return ended;
  }

  /** Runs what blocks. */
  Executor disk() {
    return system.dispatchers().lookup(DispatcherSelector.blocking());
  }

  /** Where others join the cluster. */
  Address address() {
    return Cluster.get(system).selfMember().address();
  }

  /** Why workers cannot join yet; empty when they can. */
  Optional<String> unready() {
    MemberStatus status = Cluster.get(system).selfMember().status();
    if (!status.equals(MemberStatus.up())) {
      return Optional.of("The coordinator is %s in its cluster, not Up.".formatted(status));
    }
    return opened.isDone()
        ? Optional.empty()
        : Optional.of("The coordinator reads its unfinished sweeps and lets no worker in yet.");
  }

  /** Asks the actor that numbers the sweeps. */
  <T> CompletionStage<T> askSweeps(Function<ActorRef<T>, SweepsActor.Command> question) {
    return AskPattern.ask(actors.sweeps(), question::apply, ANSWER, system.scheduler());
  }

  <T> CompletionStage<T> askFleet(Function<ActorRef<T>, FleetActor.Command> question) {
    return AskPattern.ask(actors.fleet(), question::apply, ANSWER, system.scheduler());
  }

  /** Asks a sweep's actor; empty when there is no such sweep. */
  <T> CompletionStage<Optional<T>> ask(
      SweepId sweep, Function<ActorRef<T>, SweepActor.Command> question) {
    CompletionStage<Optional<ActorRef<SweepActor.Command>>> found =
        askSweeps(replyTo -> new SweepsActor.Find(sweep, replyTo));
    return found.thenCompose(
        actor -> {
          if (actor.isEmpty()) {
            return CompletableFuture.completedStage(Optional.empty());
          }
          CompletionStage<T> answer =
              AskPattern.ask(actor.get(), question::apply, ANSWER, system.scheduler());
          return answer.thenApply(Optional::of);
        });
  }

  /** Leaves the cluster and ends the actor system. */
  @Override
  public void close() {
    endAfter(system::terminate);
  }

  /** Ends the actor system without leaving, which takes seconds, when nobody is left to see it. */
  void closeAsLast() {
    endAfter(
        () ->
            CoordinatedShutdown.get(system)
                .run(
                    CoordinatedShutdown.actorSystemTerminateReason(),
                    Optional.of(CoordinatedShutdown.PhaseBeforeActorSystemTerminate())));
  }

  private void endAfter(Runnable goodbye) {
    closing = true;
    goodbye.run();
    CompletableFuture<?> terminated = system.getWhenTerminated().toCompletableFuture();
    try {
      if (ended.isCompletedExceptionally()) {
        // An actor that met a fatal error never ends, and the system with it.
        terminated.completeOnTimeout(null, LAST_WORDS.toSeconds(), TimeUnit.SECONDS).join();
      } else {
        terminated.join();
      }
    } catch (CompletionException e) {
      throw new IllegalStateException("the actor system did not end", e);
    }
  }
}
