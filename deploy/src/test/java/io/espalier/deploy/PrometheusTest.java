package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.api.Desk;
import io.espalier.coordinator.api.HttpDoor;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import io.espalier.coordinator.metrics.MetricsGate;
import io.espalier.coordinator.metrics.MetricsService;
import io.espalier.worker.node.MetricsSender;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every query of every dashboard returns data from a real Prometheus. Runs when its binary is
 * named: {@code mvn verify -Despalier.prometheus=prometheus}.
 */
@Tag("prometheus")
class PrometheusTest {
  private static final SweepId SWEEP = new SweepId("watched-1");
  @TempDir Path directory;

  @Test
  void every_query_of_every_dashboard_returns_data() throws IOException {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "watched");
    try (var exposed = new CoordinatorMetrics(Clock.systemUTC());
        var service =
            MetricsService.start(
                directory, "127.0.0.1", 0, Optional.empty(), 1, new OpenGate(), exposed);
        var sender =
            new MetricsSender(new WorkerId("w"), directory.resolve("spool"), Optional.empty());
        var door =
            HttpDoor.open(
                system,
                "127.0.0.1",
                0,
                exposed,
                Optional::empty,
                PrometheusTest::nobody,
                HttpDoor.Security.NONE);
        var prometheus =
            PrometheusServer.start(
                URI.create("http://127.0.0.1:%d/metrics".formatted(door.port())),
                Files.createDirectory(directory.resolve("prometheus")))) {
      sender.connect("127.0.0.1", service.flightPort(), List.of());
      begin(service.exposed());
      var trained = new LongTraining(sender);
      for (Path file : DashboardTest.dashboards().toList()) {
        var check = new DashboardCheck(Dashboard.read(file), prometheus.address(), "5s");
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofSeconds(1))
            .untilAsserted(
                () -> {
                  trained.go();
                  assertThat(check.problems()).isEmpty();
                });
      }
    } finally {
      system.terminate();
    }
  }

  /** One trial that was killed, and one that goes on. */
  private static void begin(CoordinatorMetrics exposed) {
    exposed.slots(1, 1);
    exposed.workers(1, 0);
    for (int trial = 0; trial < 2; trial++) {
      exposed.trialStarted(
          SWEEP, new TrialId(trial), new BranchId(trial), config(trial), 1_000_000);
    }
    exposed.trialEnded(
        SWEEP,
        new TrialId(0),
        new Outcome.Killed(new Verdict("loss_spike", 5, 9, 3, List.of(9.0), "loss 9 > 3")));
  }

  /** Sends a few updates and an evaluation at each call. */
  private static final class LongTraining {
    private final MetricsSender sender;
    private final Lease.Key lease = new Lease.Key(SWEEP, new BranchId(1), new Attempt(1, 1));
    private long sequence;
    private long update;

    LongTraining(MetricsSender sender) {
      this.sender = sender;
    }

    void go() {
      for (int n = 0; n < 10; n++) {
        update++;
        send(new Measurement.Update(1.0 / update, 1e-3, 0.5, 100));
      }
      send(new Measurement.Evaluation("eval", "loss", 1.1 / update));
    }

    private void send(Measurement measurement) {
      sequence++;
      sender.send(
          new MetricRow(
              SWEEP,
              lease.branch(),
              lease.attempt(),
              sequence,
              update,
              update / 10.0,
              update * 4,
              update * 100,
              Instant.now(),
              measurement));
    }
  }

  private static CompletionStage<Desk.Answering> nobody() {
    return CompletableFuture.completedStage(new Desk.Nobody("Nobody is active."));
  }

  private static final class OpenGate implements MetricsGate {
    @Override
    public boolean lasts() {
      return true;
    }

    @Override
    public CompletionStage<Boolean> current(Lease.Key lease) {
      return CompletableFuture.completedFuture(true);
    }

    @Override
    public CompletionStage<Void> evaluated(Lease.Key lease, List<MetricRow> evaluations) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private static TrialConfig config(int trial) {
    var training =
        Hyperparameters.of(
                Map.of(
                    "learning_rate",
                    "1e-3",
                    "num_train_epochs",
                    "2",
                    "per_device_train_batch_size",
                    "4"))
            .training();
    return new TrialConfig(new TrialId(trial), Map.of("learning_rate", "1e-3"), training);
  }
}
