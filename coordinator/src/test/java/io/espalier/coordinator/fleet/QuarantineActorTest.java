package io.espalier.coordinator.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class QuarantineActorTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          EventSourcedBehaviorTestKit.config()
              .withFallback(ConfigFactory.parseString("pekko.actor.provider = local"))
              .withFallback(ConfigFactory.load("espalier-coordinator.conf")));

  private final List<Quarantine> known = new ArrayList<>();
  private final EventSourcedBehaviorTestKit<QuarantineActor.Command, QuarantineEvent, Quarantine>
      actor =
          EventSourcedBehaviorTestKit.create(
              KIT.system(),
              QuarantineActor.create(known::add),
              EventSourcedBehaviorTestKit.enabledSerializationSettings()
                  .withVerifyCommands(false)
                  .withVerifyState(false));

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static Quarantine failed(Quarantine before, int branch) {
    var failure = new Quarantine.Failure(new SweepId("demo-1"), new BranchId(branch), "no device");
    return before.failed("bad", failure, Set.of("good"), Instant.parse("2026-11-01T10:00:00Z"));
  }

  @Test
  void what_is_held_against_a_worker_is_known_after_a_restart_until_it_is_forgotten() {
    Quarantine shut = failed(failed(failed(Quarantine.EMPTY, 0), 1), 2);
    assertThat(actor.runCommand(new QuarantineActor.Keep(shut)).events())
        .containsExactly(new QuarantineEvent.Held("bad", shut.places().get("bad")));
    assertThat(actor.runCommand(new QuarantineActor.Keep(shut)).hasNoEvents())
        .as("it is known")
        .isTrue();
    actor.restart();
    assertThat(known).containsExactly(Quarantine.EMPTY, shut);

    Instant noon = Instant.parse("2026-11-01T12:00:00Z");
    var mended = new QuarantineActor.Release("bad", Optional.of("ann"), noon);
    assertThat(actor.runCommand(mended).events())
        .containsExactly(new QuarantineEvent.Released("bad", Optional.of("ann"), noon));
    assertThat(actor.runCommand(mended).hasNoEvents()).as("it is out").isTrue();
    assertThat(actor.runCommand(new QuarantineActor.Keep(Quarantine.EMPTY)).hasNoEvents()).isTrue();
    actor.restart();
    assertThat(known.get(2)).isEqualTo(Quarantine.EMPTY);
  }
}
