package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The documented commands of a cluster of two hosts, which are network namespaces: they share no
 * loopback network.
 */
class TwoHostsIT {
  private static final Duration MINUTES = Duration.ofMinutes(2);

  @TempDir Path directory;

  @Test
  void they_run_a_sweep_and_insecure_is_needed() throws IOException {
    assumeTrue(Hosts.OfNamespaces.arePossible(), "network namespaces cannot be made here");
    try (Hosts hosts = Hosts.OfNamespaces.lay()) {
      for (int node = 0; node < 2; node++) {
        List<String> secure = new ArrayList<>(commands(hosts).get(node));
        assertThat(secure.remove("--insecure")).isTrue();
        Launcher.Ended refused = run(node == 0 ? hosts.onHead() : hosts.onWorker(), secure);
        assertThat(refused.exitCode()).as(refused.err()).isEqualTo(1);
        assertThat(refused.err()).contains("--insecure");
      }
      runsTheCommands(hosts);
    }
  }

  private void runsTheCommands(Hosts hosts) throws IOException {
    TinySweep.in(directory).grid("self-cognition", "1e-3, 1e-4");
    List<List<String>> commands = commands(hosts);
    try (Launcher.Running coordinator = start(hosts.onHead(), commands.get(0));
        Launcher.Running worker = start(hosts.onWorker(), commands.get(1))) {
      // By their own client: a namespace is not reached from here.
      await()
          .atMost(MINUTES)
          .until(
              () ->
                  !coordinator.alive()
                      || !worker.alive()
                      || client(hosts, commands.get(2)).out().contains(hosts.worker()));
      assertThat(coordinator.alive()).as(coordinator.err()).isTrue();
      assertThat(worker.alive()).as(worker.err()).isTrue();

      var out = new StringBuilder();
      for (List<String> command : commands.subList(2, commands.size())) {
        Launcher.Ended ended = client(hosts, command);
        assertThat(ended.exitCode()).as(command + ended.err() + ended.out()).isZero();
        out.append(ended.out());
      }
      assertThat(out)
          .contains(hosts.worker())
          .contains("self-cognition-1: completed; 2 trials")
          .contains("1e-4");
    }
    assertThat(directory.resolve("report.html")).isNotEmptyFile();
    assertThat(directory.resolve("best-adapter/adapter_model.safetensors")).isNotEmptyFile();
  }

  /** On the worker's host; where the coordinator is stands in the environment, as documented. */
  private Launcher.Ended client(Hosts hosts, List<String> command) {
    try (Launcher.Running running =
        Launcher.start(
            directory,
            hosts.onWorker(),
            Map.of("ESPALIER_URL", "http://" + hosts.head() + ":8350"),
            command.toArray(String[]::new))) {
      return running.await();
    }
  }

  private Launcher.Ended run(List<String> on, List<String> command) {
    try (Launcher.Running running = start(on, command)) {
      return running.await();
    }
  }

  private Launcher.Running start(List<String> on, List<String> command) {
    return Launcher.start(directory, on, Map.of(), command.toArray(String[]::new));
  }

  /** As they are documented, but for the names of hosts, files and the trial. */
  private List<List<String>> commands(Hosts hosts) {
    List<String> lines = DocumentedCommands.under("Hosts of your own").lines();
    assertThat(lines).contains("export ESPALIER_URL=http://head:8350");
    return lines.stream()
        .filter(line -> line.startsWith("./espalier "))
        .map(line -> command(hosts, line.substring("./espalier ".length())))
        .toList();
  }

  private List<String> command(Hosts hosts, String line) {
    String here =
        line.replace(" head ", " " + hosts.head() + " ")
            .replace(" gpu1 ", " " + hosts.worker() + " ")
            .replace("/shared/espalier", directory.resolve("shared").toString())
            .replace("/var/tmp/espalier", directory.resolve("spool").toString())
            .replace("examples/", directory + "/")
            .replace("report.html", directory.resolve("report.html").toString())
            .replace("best-adapter", directory.resolve("best-adapter").toString())
            .replace("-1 6 ", "-1 0 ");
    return List.of(here.split(" "));
  }
}
