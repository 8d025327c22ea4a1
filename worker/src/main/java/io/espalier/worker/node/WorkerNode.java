package io.espalier.worker.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.tls.ClusterTls;
import io.espalier.worker.metrics.GpuWatch;
import io.espalier.worker.metrics.MetricsDoor;
import io.espalier.worker.metrics.WorkerMetrics;
import io.espalier.worker.model.ModelPlaces;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker process: a device, and the actor system that speaks for it. The system may end
 * (downed, no coordinator left, silence); it is then created anew and registers again with the
 * leases the device still holds, which trains on meanwhile.
 */
public final class WorkerNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WorkerNode.class);
  private static final Duration SAY_AGAIN = Duration.ofMinutes(1);
  private static final long RETRY_SECONDS = 1;
  private static final Duration LAST_ANSWER = Duration.ofSeconds(5);

  /** Its branches end at their next update. */
  private static final Duration PREDECESSOR = Duration.ofSeconds(15);

  private final Clock clock = Clock.systemUTC();
  private final WorkerConfig config;
  private final SpoolLock lock;
  private final WorkerId id;
  private final MetricsSender metrics;
  private final WorkerMetrics exposed = new WorkerMetrics();
  private final Optional<MetricsDoor> door;
  private final HeldLeases leases;
  private final ReadablePlaces readable;
  private final Optional<GpuWatch> gpu;
  private final Thread loop;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile boolean wasRegistered;
  private volatile Optional<Instant> saidWaiting = Optional.empty();
  private volatile Optional<ActorSystem<WorkerActor.Command>> system = Optional.empty();

  private WorkerNode(
      WorkerConfig config, SpoolLock lock, ReadablePlaces readable, Trainer trainer) {
    this.config = config;
    this.lock = lock;
    this.readable = readable;
    this.id =
        new WorkerId(
            "%s-%s-%08x"
                .formatted(config.host(), config.device(), ThreadLocalRandom.current().nextInt()));
    ResultSpool results = new ResultSpool(config.spool());
    this.metrics = new MetricsSender(id, config.spool(), config.certificates());
    this.leases = new HeldLeases(trainer, metrics, results, exposed, config.grace(), clock);
    this.door =
        config
            .metricsPort()
            .map(port -> MetricsDoor.open(config.bind(), port, config.certificates(), exposed));
    this.gpu =
        config.metricsPort().isPresent() && config.device().gpu() >= 0
            ? GpuWatch.on(config.device().gpu())
            : Optional.empty();
    gpu.ifPresent(watch -> exposed.gpu(watch::newest));
    // Without its rows no result counts: a process that starts anew can deliver both.
    metrics.whenDead().whenComplete((never, problem) -> ended.completeExceptionally(problem));
    this.loop = new Thread(this::keepConnected, "worker-connection");
  }

  /**
   * Starts the lanes and begins to look for a coordinator.
   *
   * @throws UserError when the spool is in use or not writable
   */
  public static WorkerNode start(WorkerConfig config) {
    ModelPlaces models = ModelPlaces.of(config.modelRoots(), System.getenv());
    ReadablePlaces readable = readable(config, models);
    return start(
        config,
        readable,
        () ->
            new Lanes(
                config.lanes(),
                config.slots(),
                new Trunks(config.device().device(), models, readable, Clock.systemUTC()),
                config.cadence()));
  }

  /**
   * As above with another trainer, which is closed with the node.
   *
   * @param readable told where the store is
   * @param trainer asked for once nobody else uses the spool
   */
  static WorkerNode start(WorkerConfig config, ReadablePlaces readable, Supplier<Trainer> trainer) {
    SpoolLock lock = SpoolLock.on(config.spool(), PREDECESSOR);
    try {
      WorkerNode node = new WorkerNode(config, lock, readable, trainer.get());
      node.loop.start();
      return node;
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static ReadablePlaces readable(WorkerConfig config, ModelPlaces models) {
    return config.certificates().isEmpty() && config.dataRoots().isEmpty()
        ? ReadablePlaces.anywhere()
        : ReadablePlaces.within(
            Stream.of(config.dataRoots(), config.modelRoots(), List.of(models.hub()))
                .flatMap(List::stream)
                .toList());
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
      ended.completeExceptionally(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ended.completeExceptionally(e);
    }
  }

  private void connectUntilClosed() throws InterruptedException {
    boolean listened = false;
    while (!closing() && !ended.isDone()) {
      try {
        connect();
        listened = true;
      } catch (RuntimeException e) {
        UserError problem = cannotListen(e);
        if (!listened) {
          throw problem;
        }
        // What is in training goes on; the port may become free again.
        log.warn("{}", problem.getMessage());
        closing.await(RETRY_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  private boolean closing() {
    return closing.getCount() == 0;
  }

  /** One life of the actor system. */
  private void connect() {
    ActorSystem<WorkerActor.Command> current =
        ActorSystem.create(WorkerActor.create(duties()), "espalier", systemConfig());
    system = Optional.of(current);
    if (closing()) {
      current.tell(WorkerActor.Stop.INSTANCE);
    }
    current.getWhenTerminated().toCompletableFuture().join();
    exposed.connected(false);
    if (joinWasRefused(current)) {
      ended.completeExceptionally(
          new UserError(
              "the cluster refused this worker: its configuration differs from the"
                  + " coordinator's; run the same version of espalier on all nodes"));
    }
  }

  /** So that others go on at once; a coordinator that does not answer is told by the next life. */
  private void awaitAcknowledgment() {
    long deadline = System.nanoTime() + LAST_ANSWER.toNanos();
    try {
      while (wasRegistered && !leases.holding().isEmpty() && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private UserError cannotListen(RuntimeException problem) {
    Throwable deepest = problem;
    for (Throwable next = problem; next != null; next = next.getCause()) {
      deepest = next;
    }
    return new UserError(
        "the worker cannot listen on %s, port %d: %s; end the program that uses it, or choose another with --port (0: any free one) or --bind"
            .formatted(config.bind(), config.port(), deepest.getMessage()),
        problem);
  }

  private WorkerActor.Duties duties() {
    return new WorkerActor.Duties(
        id,
        config,
        leases,
        this::registered,
        reason -> ended.completeExceptionally(new UserError(reason)),
        this::withoutStore,
        store ->
            new SpoolOwner(config.spool())
                .claim(store, leases.holding().isEmpty() && metrics.unacknowledged() == 0),
        this::waiting);
  }

  private void registered(ToWorker.Registered coordinator) {
    saidWaiting = Optional.empty();
    wasRegistered = true;
    exposed.connected(true);
    readable.storeIs(config.store().orElseGet(() -> Path.of(coordinator.store().directory())));
    metrics.connect(coordinator.flightHost(), coordinator.flightPort(), coordinator.stored());
  }

  /** A store that was here may come back; what was trained meanwhile is not thrown away. */
  private void withoutStore(UserError problem) {
    if (!wasRegistered) {
      ended.completeExceptionally(problem);
    } else if (isTimeToSayThatItWaits()) {
      log.warn("{}; looking again", problem.getMessage());
    }
  }

  private boolean isTimeToSayThatItWaits() {
    Instant now = clock.instant();
    boolean due = saidWaiting.map(said -> said.plus(SAY_AGAIN).isBefore(now)).orElse(true);
    if (due) {
      saidWaiting = Optional.of(now);
    }
    return due;
  }

  private void waiting() {
    if (isTimeToSayThatItWaits()) {
      log.info(
          "no coordinator answers at {}; waiting for it. It must name itself the same way, espalier coordinator --host {}, and {}",
          String.join(", ", config.seeds()),
          config.seeds().get(0).replaceFirst(":\\d+$", ""),
          config.certificates().isPresent()
              ? "have certificates of the authority in " + config.certificates().get()
              : "have no certificates, as this worker has none");
    }
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
                "pekko.remote.artery.bind.hostname",
                config.bind(),
                "pekko.cluster.seed-nodes",
                config.seeds().stream().map(seed -> "pekko://espalier@" + seed).toList()))
        .withFallback(config.certificates().map(ClusterTls::settings).orElse(ConfigFactory.empty()))
        .withFallback(ConfigFactory.load("espalier-worker"));
  }

  /**
   * Gives every branch back after its present update with a checkpoint, tells the coordinator,
   * leaves the cluster, and frees the device.
   */
  @Override
  public void close() {
    endAfter(ActorSystem::terminate);
  }

  /** As above, without leaving, which takes seconds, when nobody is left to see it. */
  public void closeAsLast() {
    endAfter(current -> current.tell(WorkerActor.Stop.INSTANCE));
  }

  private void endAfter(Consumer<ActorSystem<WorkerActor.Command>> goodbye) {
    closing.countDown();
    leases.close();
    awaitAcknowledgment();
    system.ifPresent(goodbye);
    try {
      loop.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    metrics.close();
    door.ifPresent(MetricsDoor::close);
    gpu.ifPresent(GpuWatch::close);
    exposed.close();
    lock.close();
  }
}
