package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.deploy.PostgresServer;
import io.espalier.deploy.certs.DevelopmentAuthority;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three coordinators on one journal, of which the active one dies, freezes or loses its database:
 * in the end it is as if it had not. Runs where PostgreSQL is named: {@code mvn verify
 * -Despalier.postgresql=DIRECTORY}, the directory of its programs.
 */
@Tag("postgresql")
@Tag("long")
class FailoverIT {
  @TempDir Path directory;
  private LongSweep sweep;
  private PostgresServer postgres;

  @BeforeEach
  void start() {
    sweep = LongSweep.in(directory);
    postgres = PostgresServer.start();
  }

  @AfterEach
  void stop() {
    postgres.close();
  }

  private Cluster cluster() {
    return Cluster.start(directory, postgres.url(), 3);
  }

  /** Waits until another coordinator is active than this one. */
  private static int another(Cluster cluster, int than) {
    return await()
        .atMost(LongSweep.MINUTES)
        .until(() -> cluster.activeBut(than), Optional::isPresent)
        .orElseThrow();
  }

  @Test
  void the_active_coordinator_killed_twice_while_the_workers_train_on() {
    try (Cluster cluster = cluster()) {
      sweep.start(cluster);
      int first = cluster.active().orElseThrow();
      cluster.kill(first);
      Launcher.Ended asked = InProcess.run("ls", "--url", cluster.urls());
      assertThat(asked.exitCode()).as("it waited for the next: " + asked.err()).isZero();
      int second = another(cluster, first);
      assertThat(asked.out()).contains(LongSweep.ID).contains("running");

      cluster.startAgain(first);
      cluster.kill(second);
      Api api = cluster.api(another(cluster, second));
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  /**
   * A dead worker is known to be unreachable after 4 s and out of the cluster after 10. One that
   * saw it so, and is then not to be seen itself, must not make the others doubt themselves.
   */
  @Test
  void the_active_coordinator_dies_while_a_dead_worker_is_still_in_the_cluster() {
    try (Cluster cluster = cluster()) {
      sweep.start(cluster);
      int first = cluster.active().orElseThrow();
      Signals.send("KILL", cluster.worker("b").handle());
      Instant gone = Instant.now().plusSeconds(7);
      await().atMost(LongSweep.MINUTES).until(() -> Instant.now().isAfter(gone));
      cluster.kill(first);
      Api api = cluster.api(another(cluster, first));
      cluster.startAgain(first);
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  /** Connections that stand outlive the certificates that they were opened with. */
  @Test
  void the_active_coordinator_killed_after_the_certificates_were_renewed_and_the_old_ones_ended() {
    DevelopmentAuthority authority =
        DevelopmentAuthority.in(directory.resolve("certs"), Clock.systemUTC());
    Duration life = Duration.ofSeconds(45);
    Instant ends = Instant.now().plus(life);
    Path node = authority.issue("127.0.0.1", life);
    try (Cluster cluster = Cluster.start(directory, postgres.url(), 3, node)) {
      authority.issue("127.0.0.1", Duration.ofDays(1));
      await().atMost(LongSweep.MINUTES).until(() -> Instant.now().isAfter(ends));
      sweep.start(cluster);

      int first = cluster.active().orElseThrow();
      cluster.kill(first);
      int second = another(cluster, first);
      cluster.startAgain(first);
      cluster.startWorker("c");
      Api api = cluster.api(second);
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  @Test
  void all_coordinators_killed_and_started_anew_but_the_first() {
    try (Cluster cluster = cluster()) {
      sweep.start(cluster);
      List.of(0, 1, 2).forEach(cluster::kill);
      List.of(1, 2).forEach(cluster::startAgain);
      Api api = cluster.api(another(cluster, 0));
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  @Test
  void the_active_coordinator_frozen_until_another_has_taken_its_place_and_then_continued() {
    try (Cluster cluster = cluster()) {
      sweep.start(cluster);
      int first = cluster.active().orElseThrow();
      Signals.send("STOP", cluster.coordinator(first).handle());
      int second = another(cluster, first);
      Signals.send("CONT", cluster.coordinator(first).handle());
      Launcher.Ended frozen = cluster.coordinator(first).await();
      assertThat(frozen.exitCode()).as(frozen.err()).isEqualTo(1);
      assertThat(frozen.err()).contains("The coordinator cannot go on").doesNotContain("\tat ");
      Api api = cluster.api(second);
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  @Test
  void the_active_coordinator_cut_off_from_the_others_the_workers_and_the_database() {
    assumeTrue(Hosts.OfNamespaces.arePossible(), "network namespaces cannot be made here");
    try (Islands islands = Islands.lay(3);
        PostgresServer near = PostgresServer.start(islands.here());
        Cluster cluster = Cluster.start(directory, near.url(), islands)) {
      sweep.start(cluster);
      int first = cluster.active().orElseThrow();
      islands.cut(first);
      int second = another(cluster, first);
      Launcher.Ended alone = cluster.coordinator(first).await();
      assertThat(alone.exitCode()).as(alone.err()).isEqualTo(1);
      islands.mend(first);
      cluster.startAgain(first);
      Api api = cluster.api(second);
      sweep.awaitEnd(api);

      sweep.assertAsUndisturbed(api);
    }
  }

  @Test
  void the_database_restarted_while_a_sweep_runs() {
    try (Cluster cluster = cluster()) {
      Api api = sweep.start(cluster);
      Optional<Integer> active = cluster.active();
      postgres.crashAndRestart();
      sweep.awaitEnd(api);

      assertThat(cluster.active()).isEqualTo(active);
      sweep.assertAsUndisturbed(api);
    }
  }
}
