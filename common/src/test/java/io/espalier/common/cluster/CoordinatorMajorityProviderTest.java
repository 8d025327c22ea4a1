package io.espalier.common.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CoordinatorMajorityProviderTest {
  /** Whoever takes over waits so long after the downing: a fail-over is longer by it. */
  @ParameterizedTest
  @CsvSource({"1s, 1", "off, 5"})
  void the_margin_is_the_configured_one_else_the_time_to_be_stable(String margin, long seconds) {
    var system =
        ActorSystem.create(
            "margin",
            ConfigFactory.parseString(
                    """
                    pekko.cluster.down-removal-margin = %s
                    pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                    pekko.loglevel = off
                    """
                        .formatted(margin))
                .withFallback(ConfigFactory.parseResources("espalier-cluster.conf"))
                .withFallback(ConfigFactory.load()));
    try {
      assertThat(new CoordinatorMajorityProvider(system).downRemovalMargin().toSeconds())
          .isEqualTo(seconds);
    } finally {
      system.terminate();
    }
  }
}
