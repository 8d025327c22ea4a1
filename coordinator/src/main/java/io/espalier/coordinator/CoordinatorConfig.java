package io.espalier.coordinator;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a coordinator node starts.
 *
 * @param store directory of all that is kept; created when missing
 * @param host the name others reach it by
 * @param bind the address its ports are bound to
 * @param clusterPort of Pekko's Artery; 0 for any free one
 * @param flightPort where metric rows come in; 0 for any free one
 * @param httpPort of API, console, metrics and health; 0 for any free one
 * @param patience how long a worker may be silent before its branches go to others
 * @param worthMoving what a branch must have left to go on with another worker that has nothing to
 *     train
 * @param webhook told what ends; absent for none
 * @param checkpointRoom bytes that the exact checkpoints of ended sweeps may take together; absent
 *     for as many as there are
 * @param security by what its ports know others
 * @param shared what it has in common with other coordinators; absent when there are none, and its
 *     journal is in the store
 */
public record CoordinatorConfig(
    Path store,
    String host,
    String bind,
    int clusterPort,
    int flightPort,
    int httpPort,
    Duration patience,
    Duration worthMoving,
    Optional<URI> webhook,
    OptionalLong checkpointRoom,
    Security security,
    Optional<Shared> shared,
    Clock clock) {
  public static final int HTTP_PORT = 8350;
  public static final int FLIGHT_PORT = 8351;
  public static final int CLUSTER_PORT = 8352;
  public static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Several times what a branch's checkpoint, its way and reading its model take. */
  public static final Duration WORTH_MOVING = Duration.ofSeconds(60);

  /**
   * By what others are known at the ports.
   *
   * @param certificates directory of {@link io.espalier.common.tls.NodeCertificates}; absent for
   *     open ports
   * @param tokens file of {@link io.espalier.coordinator.access.Tokens}; absent where clients need
   *     none
   */
  public record Security(Optional<Path> certificates, Optional<Path> tokens) {
    public static final Security NONE = new Security(Optional.empty(), Optional.empty());
  }

  /**
   * What coordinators share of which one at a time is active; beside it they must see the same
   * store.
   *
   * @param journal address of a PostgreSQL database, {@code jdbc:postgresql://host/database?user=x}
   * @param password of its user; absent when the address has it, or a {@code .pgpass}
   * @param seeds where they join each other, {@code host:port}, the same list for all; the first
   *     must be there when all start anew. Empty for one that is alone so far.
   */
  public record Shared(String journal, Optional<String> password, List<String> seeds) {
    public Shared {
      seeds = List.copyOf(seeds);
    }
  }

  public CoordinatorConfig {
    store = store.toAbsolutePath().normalize();
  }

  /** On loopback and free ports, for the embedded mode and tests. */
  public static CoordinatorConfig embedded(Path store) {
    return new CoordinatorConfig(
        store,
        "127.0.0.1",
        "127.0.0.1",
        0,
        0,
        0,
        PATIENCE,
        WORTH_MOVING,
        Optional.empty(),
        OptionalLong.empty(),
        Security.NONE,
        Optional.empty(),
        Clock.systemUTC());
  }
}
