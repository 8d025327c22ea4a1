package io.espalier.worker.node;

import ai.djl.Device;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * One worker process: a device, and the actor system that speaks for it. The system may end
 * (downed, no coordinator left, silence); it is then created anew and registers again with the
 * leases the device still holds, which trains on meanwhile.
 */
public final class WorkerNode implements AutoCloseable {
  private final WorkerConfig config;
  private final WorkerId id;
  private final MetricsSender metrics;
  private final Lanes lanes;
  private final Thread loop;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean closing;
  private volatile Optional<ActorSystem<WorkerActor.Command>> system = Optional.empty();

  private WorkerNode(WorkerConfig config) {
    this.config = config;
    this.id =
        new WorkerId("%s-cpu-%08x".formatted(config.host(), ThreadLocalRandom.current().nextInt()));
    this.metrics = new MetricsSender(id, config.spool());
    this.lanes =
        new Lanes(config.lanes(), new Trunks(Device.cpu()), metrics::send, Clock.systemUTC());
    this.loop = new Thread(this::keepConnected, "worker-connection");
  }

  /** Starts the lanes and begins to look for a coordinator. */
  public static WorkerNode start(WorkerConfig config) {
    WorkerNode node = new WorkerNode(config);
    node.loop.start();
    return node;
  }

  public WorkerId id() {
    return id;
  }

  /** Completes when the node is closed; exceptionally when the coordinator refused it. */
  public CompletionStage<Void> whenEnded() {
    return ended.minimalCompletionStage();
  }

  private void keepConnected() {
    try {
      connectUntilClosed();
      ended.complete(null);
    } catch (RuntimeException e) {
      ended.completeExceptionally(
          new UserError(
              "the worker cannot listen on %s:%d: %s; choose another address or port"
                  .formatted(config.host(), config.port(), e.getMessage()),
              e));
    }
  }

  private void connectUntilClosed() {
    while (!closing && !ended.isDone()) {
      ActorSystem<WorkerActor.Command> current =
          ActorSystem.create(WorkerActor.create(duties()), "espalier", systemConfig());
      system = Optional.of(current);
      if (closing) {
        current.tell(WorkerActor.Stop.INSTANCE);
      }
      current.getWhenTerminated().toCompletableFuture().join();
      if (joinWasRefused(current)) {
        ended.completeExceptionally(
            new UserError(
                "the cluster refused this worker: its configuration differs from the"
                    + " coordinator's; run the same version of espalier on all nodes"));
      }
    }
  }

  private WorkerActor.Duties duties() {
    return new WorkerActor.Duties(
        id,
        config,
        lanes,
        registered ->
            metrics.connect(registered.flightHost(), registered.flightPort(), registered.stored()),
        reason -> ended.completeExceptionally(new UserError(reason)));
  }

  private static boolean joinWasRefused(ActorSystem<?> terminated) {
    return CoordinatedShutdown.get(terminated)
        .getShutdownReason()
        .filter(CoordinatedShutdown.incompatibleConfigurationDetectedReason()::equals)
        .isPresent();
  }

  private Config systemConfig() {
    return ConfigFactory.parseMap(
            Map.of(
                "pekko.remote.artery.canonical.hostname",
                config.host(),
                "pekko.remote.artery.canonical.port",
                config.port(),
                "pekko.cluster.seed-nodes",
                config.seeds().stream().map(seed -> "pekko://espalier@" + seed).toList()))
        .withFallback(ConfigFactory.load("espalier-worker"));
  }

  /** Ends every branch at its next update, tells the coordinator, and frees the device. */
  @Override
  public void close() {
    closing = true;
    lanes.close();
    system.ifPresent(current -> current.tell(WorkerActor.Stop.INSTANCE));
    try {
      loop.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    metrics.close();
  }
}
