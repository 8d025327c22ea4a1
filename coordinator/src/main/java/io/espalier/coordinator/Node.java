package io.espalier.coordinator;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.tls.ClusterTls;
import io.espalier.coordinator.journal.Journal;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import io.espalier.coordinator.sweep.Surroundings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.remote.RemoteTransportException;

/**
 * The actor system of a coordinator: a cluster that workers join, and other coordinators where the
 * journal is shared. One of them is active.
 */
final class Node implements AutoCloseable {
  /** All nodes of a cluster must bear the same name. */
  static final String SYSTEM = "espalier";

  /** For what still works when the system ends by itself. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(5);

  /** Out of memory, or another error no actor outlives; Pekko logs which. */
  private static final String UNKNOWN_REASON = "a fatal error, or it was downed by its cluster";

  private final ActorSystem<Task> system;
  private final boolean shared;
  private final CompletableFuture<Active> active = new CompletableFuture<>();

  /** Done once the fleet lets workers in. */
  private final CompletableFuture<Void> opened = new CompletableFuture<>();

  private final CompletableFuture<String> reason = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile Optional<String> url = Optional.empty();

  /** What the guardian is told, once: what runs where this coordinator is the active one. */
  private record Task(Behavior<ActiveActor.Signal> behavior) {}

  private Node(ActorSystem<Task> system, boolean shared) {
    this.system = system;
    this.shared = shared;
    reason.thenAccept(why -> ended.completeExceptionally(cannotGoOn(why)));
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind(),
            "say-why",
            () -> {
              ends();
              return CompletableFuture.completedStage(Done.getInstance());
            });
    system.getWhenTerminated().whenComplete((done, problem) -> ends());
  }

  private void ends() {
    if (closing) {
      ended.complete(null);
    } else {
      reason.complete(UNKNOWN_REASON);
    }
  }

  /**
   * Starts the actor system and joins the cluster; nothing is decided yet.
   *
   * @throws UserError when the cluster port cannot be bound
   */
  static Node start(CoordinatorConfig config, Journal journal) {
    ActorSystem<Task> system;
    try {
      system = ActorSystem.create(guardian(journal.isShared()), SYSTEM, settings(config, journal));
    } catch (RuntimeException e) {
      if (!(e instanceof RemoteTransportException)) {
        throw e;
      }
      throw new UserError(
          "Cluster port %d on %s cannot be opened: %s. Another coordinator may be using it: end that one, or choose another port with --cluster-port."
              .formatted(config.clusterPort(), config.bind(), cause(e)),
          e);
    }
    Joining.begin(
        system, config.shared().map(CoordinatorConfig.Shared::seeds).orElse(List.of()), journal);
    return new Node(system, journal.isShared());
  }

  /** Where several coordinators share a journal, the oldest in the cluster is the active one. */
  private static Behavior<Task> guardian(boolean shared) {
    return Behaviors.setup(
        context ->
            Behaviors.receive(Task.class)
                .onMessage(
                    Task.class,
                    task -> {
                      Props blocking = DispatcherSelector.blocking();
                      if (shared) {
                        var settings = ClusterSingletonSettings.create(context.getSystem());
                        ClusterSingleton.get(context.getSystem())
                            .init(
                                SingletonActor.of(task.behavior(), "active")
                                    .withStopMessage(ActiveActor.Signal.STOP)
                                    .withProps(blocking)
                                    .withSettings(settings.withRole(ClusterSettings.COORDINATOR)));
                      } else {
                        context.watch(context.spawn(task.behavior(), "active", blocking));
                      }
                      return Behaviors.same();
                    })
                .onSignal(Terminated.class, dead -> Behaviors.stopped())
                .build());
  }

  /**
   * From now on this coordinator is active when it is its turn; at once when there are no others.
   *
   * @param clients where they reach it
   */
  void serve(
      CoordinatorConfig config,
      Journal journal,
      String clients,
      Surroundings.Specs specs,
      CoordinatorMetrics exposed,
      List<Surroundings.Observer> observers) {
    url = Optional.of(clients);
    system.tell(
        new Task(
            ActiveActor.create(
                new ActiveActor.Duties(
                    config,
                    journal,
                    clients,
                    specs,
                    exposed,
                    observers,
                    active,
                    opened,
                    reason::complete))));
  }

  private static UserError cannotGoOn(String reason) {
    return new UserError(
        "The coordinator cannot go on: %s. Its log says more. Nothing that was journaled is lost: started again on the same store, it goes on from there."
            .formatted(reason.replaceFirst("[.]$", "")));
  }

  private static Config settings(CoordinatorConfig config, Journal journal) {
    Config start =
        ConfigFactory.parseMap(
            Map.of(
                "pekko.remote.artery.canonical.hostname", config.host(),
                "pekko.remote.artery.canonical.port", config.clusterPort(),
                "pekko.remote.artery.bind.hostname", config.bind()));
    return ConfigFactory.load(
        start
            .withFallback(
                config
                    .security()
                    .certificates()
                    .map(ClusterTls::settings)
                    .orElse(ConfigFactory.empty()))
            .withFallback(journal.settings())
            .withFallback(ConfigFactory.parseResourcesAnySyntax("espalier-coordinator.conf")));
  }

  private static String cause(Throwable problem) {
    Throwable deepest = problem;
    for (Throwable next = problem; next != null; next = next.getCause()) {
      deepest = next;
    }
    return String.valueOf(deepest.getMessage());
  }

  ActorSystem<?> system() {
    return system;
  }

  /**
   * Completes when {@link #close} ends the actor system; fails with {@link UserError} when it ends
   * by itself.
   */
  CompletionStage<Void> whenEnded() {
    return ended;
  }

  /**
   * What this coordinator has while it is active: completes when that begins, which may be never;
   * fails with {@link UserError} when the metrics store cannot be opened.
   */
  CompletableFuture<Active> active() {
    return active;
  }

  /** The same, if it has begun. */
  Optional<Active> current() {
    return active.isDone() && !active.isCompletedExceptionally()
        ? Optional.of(active.join())
        : Optional.empty();
  }

  /** Where clients reach it, once it serves them. */
  Optional<String> url() {
    return url;
  }

  /** Where others join the cluster. */
  Address address() {
    return Cluster.get(system).selfMember().address();
  }

  /** Why it can neither let workers in nor send clients on; empty when it can. */
  Optional<String> unready() {
    MemberStatus status = Cluster.get(system).selfMember().status();
    if (!status.equals(MemberStatus.up())) {
      return Optional.of("The coordinator is %s in its cluster, not Up.".formatted(status));
    }
    boolean standsBy = shared && !active.isDone();
    return opened.isDone() || standsBy
        ? Optional.empty()
        : Optional.of("The coordinator reads its unfinished sweeps and lets no worker in yet.");
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
