package io.espalier.worker.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How a worker is started.
 *
 * @param host address it binds and is reached at
 * @param port of Artery; 0 picks a free one
 * @param seeds coordinators, each {@code host:port}
 * @param lanes branches trained at a time, ≥ 1
 * @param spool directory for metric rows the coordinator has not yet acknowledged
 * @param heartbeat between two offers
 * @param silence without a word from the coordinator after which the connection is made anew
 */
public record WorkerConfig(
    String host,
    int port,
    List<String> seeds,
    int lanes,
    Path spool,
    Duration heartbeat,
    Duration silence) {
  public WorkerConfig {
    seeds = List.copyOf(seeds);
  }

  /** A worker with the usual intervals: an offer each second, a new connection after 20 s. */
  public static WorkerConfig of(String host, List<String> seeds, int lanes, Path spool) {
    return new WorkerConfig(
        host, 0, seeds, lanes, spool, Duration.ofSeconds(1), Duration.ofSeconds(20));
  }
}
