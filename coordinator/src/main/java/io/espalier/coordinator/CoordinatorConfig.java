package io.espalier.coordinator;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/**
 * How a coordinator node starts.
 *
 * @param store directory of all that is kept; created when missing
 * @param host the name others reach it by
 * @param bind the address its ports are bound to
 * @param clusterPort of Pekko's Artery; 0 for any free one
 * @param flightPort where metric rows come in; 0 for any free one
 * @param httpPort of metrics and health; 0 for any free one
 * @param patience how long a worker may be silent before its branches go to others
 * @param webhook told what ends; absent for none
 */
public record CoordinatorConfig(
    Path store,
    String host,
    String bind,
    int clusterPort,
    int flightPort,
    int httpPort,
    Duration patience,
    Optional<URI> webhook,
    Clock clock) {
  public static final int HTTP_PORT = 8350;
  public static final int FLIGHT_PORT = 8351;
  public static final int CLUSTER_PORT = 8352;
  public static final Duration PATIENCE = Duration.ofSeconds(20);

  public CoordinatorConfig {
    store = store.toAbsolutePath().normalize();
  }

  /** On loopback and free ports, for the embedded mode and tests. */
  public static CoordinatorConfig embedded(Path store) {
    return new CoordinatorConfig(
        store, "127.0.0.1", "127.0.0.1", 0, 0, 0, PATIENCE, Optional.empty(), Clock.systemUTC());
  }
}
