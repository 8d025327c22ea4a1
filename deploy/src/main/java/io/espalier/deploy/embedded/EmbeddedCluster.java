package io.espalier.deploy.embedded;

import io.espalier.common.UserError;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.worker.node.WorkerConfig;
import io.espalier.worker.node.WorkerNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * A coordinator and a worker in this process: two actor systems that form a real cluster over
 * loopback, on free ports. Owns both; {@link #close} ends them.
 */
public final class EmbeddedCluster implements AutoCloseable {
  private static final String LOOPBACK = "127.0.0.1";

  private final Coordinator coordinator;
  private final WorkerNode worker;

  private EmbeddedCluster(Coordinator coordinator, WorkerNode worker) {
    this.coordinator = coordinator;
    this.worker = worker;
  }

  /**
   * Starts both; returns when sweeps can be submitted.
   *
   * @param store of journal, metrics and adapters; one process at a time may use it
   * @param httpPort of {@code /metrics}; 0 for a free one
   * @param lanes trials trained at a time, ≥ 1
   * @throws UserError when the store or a port is in use
   */
  public static EmbeddedCluster start(Path store, int httpPort, int lanes) {
    Coordinator coordinator =
        Coordinator.start(
            new CoordinatorConfig(
                store,
                LOOPBACK,
                LOOPBACK,
                0,
                0,
                httpPort,
                CoordinatorConfig.PATIENCE,
                Clock.systemUTC()));
    try {
      WorkerNode worker =
          WorkerNode.start(
              WorkerConfig.of(
                  LOOPBACK,
                  List.of(coordinator.clusterAddress()),
                  lanes,
                  coordinator.store().resolve("spool")));
      return new EmbeddedCluster(coordinator, worker);
    } catch (RuntimeException e) {
      coordinator.close();
      throw e;
    }
  }

  /** What Prometheus scrapes. */
  public String metricsAddress() {
    return "http://%s:%d/metrics".formatted(LOOPBACK, coordinator.httpPort());
  }

  /**
   * Begins a sweep.
   *
   * @param yaml the text {@code spec} was read from
   * @param directory what its relative paths resolve against
   */
  public SweepId submit(SweepSpec spec, String yaml, Path directory) {
    return await(coordinator.submit(spec, yaml, directory));
  }

  /**
   * How a sweep stands.
   *
   * @throws UserError when the worker was refused or the coordinator ended by itself, so that the
   *     sweep will never end
   */
  public SweepView view(SweepId sweep) {
    if (worker.whenEnded().toCompletableFuture().isCompletedExceptionally()) {
      await(worker.whenEnded());
    }
    return await(coordinator.view(sweep));
  }

  /** Of each branch in training its last update. */
  public List<LiveUpdate> live(SweepId sweep) {
    return coordinator.live(sweep);
  }

  /** Ends a sweep's trials at their next update; returns before they have. */
  public void stop(SweepId sweep) {
    await(coordinator.stop(sweep));
  }

  @Override
  public void close() {
    try {
      worker.close();
    } finally {
      coordinator.close();
    }
  }

  /** A coordinator that ended by itself answers nothing any more. */
  private <T> T await(CompletionStage<T> answer) {
    try {
      CompletableFuture<Void> ended = coordinator.whenEnded().toCompletableFuture();
      CompletableFuture<T> answered = answer.toCompletableFuture();
      CompletableFuture.anyOf(ended, answered).join();
      return answered.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException problem) {
        throw problem;
      }
      throw e;
    }
  }
}
