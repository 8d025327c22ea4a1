package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Coordinator and worker as processes that come and go. */
class NodesIT {
  private static final Duration MINUTES = Duration.ofMinutes(2);

  @TempDir Path directory;
  private int port;

  @BeforeEach
  void a_free_port_for_the_cluster() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
  }

  private Launcher.Running coordinator() {
    return Launcher.start(
        directory,
        "coordinator",
        "--store=store",
        "--http-port=0",
        "--flight-port=0",
        "--cluster-port=" + port);
  }

  private Launcher.Running worker() throws IOException {
    Path config =
        Files.writeString(
            directory.resolve("espalier.conf"),
            "worker { devices = cpu, lanes = 1, heartbeat = 200ms, silence = 3s }");
    return Launcher.start(
        directory, "worker", "--coordinator-hosts=127.0.0.1:" + port, "--config=" + config);
  }

  private static void awaitLine(Launcher.Running running, String line, int times) {
    await()
        .atMost(MINUTES)
        .untilAsserted(
            () ->
                assertThat(running.err().split(line, -1).length > times || !running.alive())
                    .as("%d times '%s' in: %s", times, line, running.err())
                    .isTrue());
    assertThat(running.alive()).as(running.out() + running.err()).isTrue();
  }

  private static void awaitRegistered(Launcher.Running worker, int times) {
    awaitLine(worker, "registered with coordinator", times);
  }

  private static ProcessHandle device(Launcher.Running worker) {
    return worker.handle().children().findAny().orElseThrow();
  }

  @Test
  void a_worker_waits_for_its_coordinator_and_finds_it_again_after_it_ended() throws IOException {
    try (Launcher.Running worker = worker()) {
      awaitLine(worker, "no coordinator answers at 127.0.0.1:" + port, 1);
      try (Launcher.Running first = coordinator()) {
        awaitRegistered(worker, 1);
        Signals.send("TERM", first.handle());
        assertThat(first.await().exitCode()).as(first.err()).isZero();
      }
      try (Launcher.Running second = coordinator()) {
        awaitRegistered(worker, 2);
        Signals.send("TERM", worker.handle());
        assertThat(worker.await().exitCode()).as(worker.err()).isZero();
        assertThat(second.alive()).isTrue();
      }
    }
  }

  @Test
  void a_killed_process_of_a_device_comes_back_and_none_outlives_its_parent() throws IOException {
    try (Launcher.Running coordinator = coordinator();
        Launcher.Running worker = worker()) {
      awaitRegistered(worker, 1);
      ProcessHandle first = device(worker);
      Signals.send("KILL", first);
      awaitRegistered(worker, 2);

      ProcessHandle second = device(worker);
      assertThat(second.pid()).isNotEqualTo(first.pid());
      Signals.send("KILL", worker.handle());
      await().atMost(MINUTES).until(() -> !second.isAlive());
      assertThat(coordinator.alive()).isTrue();
    }
  }

  @Test
  void a_worker_that_does_not_see_the_store_ends_with_an_explanation() {
    try (Launcher.Running coordinator = coordinator()) {
      Launcher.Ended worker =
          Launcher.run(
              directory,
              "worker",
              "--coordinator-hosts=127.0.0.1:" + port,
              "--store=" + directory.resolve("elsewhere"));

      assertThat(worker.exitCode()).as(worker.err()).isEqualTo(1);
      assertThat(worker.err())
          .contains("there is no " + directory.resolve("elsewhere/store-id"))
          .contains("--store")
          .doesNotContain("\tat ");
      assertThat(coordinator.alive()).isTrue();
    }
  }

  @Test
  void a_second_worker_on_a_spool_is_told_whose_it_is() throws IOException {
    try (Launcher.Running first = worker()) {
      awaitLine(first, "serves cpu", 1);
      Launcher.Ended second;
      try (Launcher.Running running = worker()) {
        second = running.await();
      }
      assertThat(second.exitCode()).isEqualTo(1);
      assertThat(second.err()).contains("in use by another worker").contains("--spool");
      assertThat(first.alive()).isTrue();
    }
  }

  @Test
  void ports_open_to_other_machines_must_be_wished_for() {
    assertRefusedToOpen("coordinator");
    assertRefusedToOpen("worker", "--coordinator-hosts=127.0.0.1:" + port);
  }

  private void assertRefusedToOpen(String... command) {
    List<String> words = new ArrayList<>(List.of(command));
    words.addAll(List.of("--host=localhost", "--bind=0.0.0.0"));
    Launcher.Ended node = Launcher.run(directory, words.toArray(String[]::new));

    assertThat(node.exitCode()).as(node.err()).isEqualTo(1);
    assertThat(node.err()).contains("0.0.0.0").contains("certificates").contains("--insecure");
  }
}
