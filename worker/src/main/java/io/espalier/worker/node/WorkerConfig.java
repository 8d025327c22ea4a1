package io.espalier.worker.node;

import io.espalier.worker.train.Cadence;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a worker is started.
 *
 * @param host the name others reach it by
 * @param bind the address its port is bound to
 * @param port of Artery; 0 picks a free one
 * @param metricsPort of {@code /metrics}; 0 picks a free one; absent for none
 * @param seeds coordinators, each {@code host:port}
 * @param device what trains
 * @param lanes threads that train, ≥ 1
 * @param slots branches that each of them trains together
 * @param spool directory, of this process alone, for what the coordinator has not yet acknowledged
 * @param store where the coordinator's store is on this machine, when not at the same path
 * @param certificates directory of {@link io.espalier.common.tls.NodeCertificates}; absent for open
 *     ports
 * @param modelRoots directories that hold models by name
 * @param dataRoots directories to which, beside those of models and the store, the paths of
 *     specifications are confined; when there are none they are only where there are certificates
 * @param heartbeat between two offers
 * @param cadence of checkpoints for the case that a branch is lost
 * @param grace how long a branch may take to the end of its update, to be given back with a
 *     checkpoint, when the worker is told to end
 * @param silence without a word from the coordinator after which the connection is made anew
 */
public record WorkerConfig(
    String host,
    String bind,
    int port,
    Optional<Integer> metricsPort,
    List<String> seeds,
    DeviceName device,
    int lanes,
    LaneSlots slots,
    Path spool,
    Optional<Path> store,
    Optional<Path> certificates,
    List<Path> modelRoots,
    List<Path> dataRoots,
    Cadence cadence,
    Duration heartbeat,
    Duration grace,
    Duration silence) {
  public WorkerConfig {
    seeds = List.copyOf(seeds);
    modelRoots = List.copyOf(modelRoots);
    dataRoots = List.copyOf(dataRoots);
  }

  public static final Duration HEARTBEAT = Duration.ofSeconds(1);
  public static final Duration GRACE = Duration.ofSeconds(20);
  public static final Duration SILENCE = Duration.ofSeconds(20);

  /** A worker on a free port, with the usual intervals. */
  public static WorkerConfig of(
      String host, List<String> seeds, DeviceName device, int lanes, LaneSlots slots, Path spool) {
    return new WorkerConfig(
        host,
        host,
        0,
        Optional.empty(),
        seeds,
        device,
        lanes,
        slots,
        spool,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        Cadence.USUAL,
        HEARTBEAT,
        GRACE,
        SILENCE);
  }
}
