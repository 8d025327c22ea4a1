package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a coordinator has acknowledged is there in its next life, however this one ended. */
class AcknowledgedIT {
  private static final int KILLS = Integer.getInteger("espalier.kills");

  @TempDir Path directory;

  @Test
  void nothing_acknowledged_is_lost_by_kill_9_right_after() {
    Path spec = TinySweep.in(directory).grid("kept", "1e-3, 1e-4");
    Map<String, String> expected = new LinkedHashMap<>();
    try (Cluster cluster = Cluster.start(directory)) {
      Api api = cluster.api();
      String newest = "";
      for (int kill = 0; kill < KILLS; kill++) {
        if (kill % 2 == 0) {
          newest = api.submit(spec);
          cluster.killCoordinator();
          expected.put(newest, "PREPARING");
        } else {
          api.stop(newest);
          cluster.killCoordinator();
          expected.put(newest, "STOPPED");
        }
        cluster.startCoordinatorAgain();
        assertThat(api.states()).as("after kill %d", kill + 1).isEqualTo(expected);
      }
    }
    assertThat(expected).hasSize((KILLS + 1) / 2);
  }
}
