package io.espalier.coordinator.fleet;

import static io.espalier.coordinator.sweep.Examples.ANN;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.protocol.ClusterSettings;
import io.espalier.common.protocol.ProtocolVersion;
import io.espalier.common.protocol.ToCoordinator;
import io.espalier.common.protocol.ToWorker;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final String STRATEGY = "split-brain-resolver.active-strategy";
  private static final ClusterSettings OURS =
      new ClusterSettings(Map.of(STRATEGY, "keep-majority", "stable-after", "5s"));

  private final TestInbox<ToWorker> worker = TestInbox.create();

  private Optional<String> refusal(int protocol, Optional<ClusterSettings> settings) {
    return new Admission(OURS)
        .refusal(
            new ToCoordinator.Register(
                ANN, protocol, settings, "host", "cpu", 1, List.of(), worker.getRef()));
  }

  @Test
  void a_worker_with_the_same_settings_may_take_part() {
    assertThat(refusal(ProtocolVersion.CURRENT, Optional.of(OURS))).isEmpty();
  }

  @Test
  void a_worker_with_other_settings_is_refused_with_the_keys_that_differ() {
    ClusterSettings theirs =
        new ClusterSettings(Map.of(STRATEGY, "keep-oldest", "stable-after", "5s"));

    assertThat(refusal(ProtocolVersion.CURRENT, Optional.of(theirs)))
        .hasValueSatisfying(
            reason ->
                assertThat(reason)
                    .contains(ANN.toString(), STRATEGY, "keep-majority", "keep-oldest")
                    .doesNotContain("stable-after"));
  }

  @Test
  void a_worker_of_another_version_is_refused_whatever_its_settings() {
    assertThat(refusal(2, Optional.empty()))
        .hasValueSatisfying(reason -> assertThat(reason).contains("protocol 2", "same version"));
  }
}
