package io.espalier.deploy.embedded;

import io.espalier.common.UserError;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.BudgetChange;
import io.espalier.coordinator.sweep.MoreTrials;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import io.espalier.worker.node.WorkerConfig;
import io.espalier.worker.node.WorkerNode;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
  private final List<SweepId> stopped;

  private EmbeddedCluster(Coordinator coordinator, WorkerNode worker, List<SweepId> stopped) {
    this.coordinator = coordinator;
    this.worker = worker;
    this.stopped = stopped;
  }

  /**
   * Starts both; returns when sweeps can be submitted. Sweeps that an embedded cluster left
   * unfinished, because its process was killed, are stopped: they would take the lanes.
   *
   * @param store of journal, metrics and adapters; one process at a time may use it
   * @param httpPort of console, API and {@code /metrics}; 0 for a free one
   * @param webhook told what ends; absent for none
   * @param device what trains
   * @param lanes threads that train, ≥ 1
   * @param slots trials that each of them trains together
   * @throws UserError when the store or a port is in use, or a coordinator's sweeps are unfinished
   *     in the store
   */
  public static EmbeddedCluster start(
      Path store,
      int httpPort,
      Optional<URI> webhook,
      DeviceName device,
      int lanes,
      LaneSlots slots) {
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
                CoordinatorConfig.WORTH_MOVING,
                webhook,
                OptionalLong.empty(),
                CoordinatorConfig.Security.NONE,
                Optional.empty(),
                Clock.systemUTC()));
    try {
      List<SweepId> stopped = stopLeft(coordinator);
      WorkerNode worker =
          WorkerNode.start(
              WorkerConfig.of(
                  LOOPBACK,
                  List.of(coordinator.clusterAddress()),
                  device,
                  lanes,
                  slots,
                  coordinator.store().resolve("spool")));
      return new EmbeddedCluster(coordinator, worker, stopped);
    } catch (RuntimeException e) {
      coordinator.closeAsLast();
      throw e;
    }
  }

  /** Before the worker is there, so that none of them begins to train here. */
  private static List<SweepId> stopLeft(Coordinator coordinator) {
    List<Coordinator.Unfinished> left = await(coordinator, coordinator.unfinished());
    List<String> others =
        left.stream()
            .filter(sweep -> !sweep.attended())
            .map(sweep -> sweep.sweep().value())
            .toList();
    if (!others.isEmpty()) {
      throw new UserError(
          "The store %s belongs to a coordinator whose sweeps are unfinished: %s. Start it again and they go on (espalier coordinator --store %s), or choose another store for this run with --store. Nothing of them was changed."
              .formatted(coordinator.store(), String.join(", ", others), coordinator.store()));
    }
    return left.stream()
        .map(sweep -> await(coordinator, coordinator.stop(sweep.sweep())).id())
        .toList();
  }

  /** What an earlier process left unfinished, and is stopped now. */
  public List<SweepId> stopped() {
    return stopped;
  }

  /** Of console, API and {@code /metrics}: {@code http://127.0.0.1:8350}. */
  public String address() {
    return "http://%s:%d".formatted(LOOPBACK, coordinator.httpPort());
  }

  /**
   * Begins a sweep.
   *
   * @param yaml the text {@code spec} was read from
   * @param directory what its relative paths resolve against
   */
  public SweepId submit(SweepSpec spec, String yaml, Path directory) {
    return await(coordinator, coordinator.submit(spec, yaml, directory));
  }

  /**
   * Goes on with a sweep, with more trials.
   *
   * @throws UserError when there are none, or when there is no such sweep
   */
  public void extend(SweepId sweep, MoreTrials more) {
    await(coordinator, coordinator.extend(sweep, more));
  }

  /**
   * Changes what a sweep may use.
   *
   * @throws UserError when there is no such sweep
   */
  public void changeBudget(SweepId sweep, BudgetChange change) {
    await(coordinator, coordinator.changeBudget(sweep, change));
  }

  /**
   * Goes on with a sweep: trains again what failed or was stopped.
   *
   * @param trial the only one that is meant; absent for all
   * @throws UserError when there is none, or no such sweep
   */
  public void retry(SweepId sweep, Optional<TrialId> trial) {
    await(coordinator, coordinator.retry(sweep, trial));
  }

  /**
   * How a sweep stands.
   *
   * @throws UserError when the worker was refused or the coordinator ended by itself, so that the
   *     sweep will never end
   */
  public SweepView view(SweepId sweep) {
    if (worker.whenEnded().toCompletableFuture().isCompletedExceptionally()) {
      await(coordinator, worker.whenEnded());
    }
    return await(coordinator, coordinator.view(sweep));
  }

  /** Of each branch in training its last update. */
  public List<LiveUpdate> live(SweepId sweep) {
    return coordinator.live(sweep);
  }

  /** Ends a sweep's trials at their next update; returns before they have. */
  public void stop(SweepId sweep) {
    await(coordinator, coordinator.stop(sweep));
  }

  @Override
  public void close() {
    try {
      worker.closeAsLast();
    } finally {
      coordinator.closeAsLast();
    }
  }

  /** A coordinator that ended by itself answers nothing any more. */
  private static <T> T await(Coordinator coordinator, CompletionStage<T> answer) {
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
