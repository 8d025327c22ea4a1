package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.deploy.Dashboard;
import io.espalier.deploy.DashboardCheck;
import io.espalier.deploy.PrometheusServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every query of every dashboard returns data from a real Prometheus that scrapes a coordinator and
 * two workers while a sweep runs. Runs when Prometheus' program is named: {@code mvn verify
 * -Despalier.prometheus=prometheus}.
 */
@Tag("prometheus")
class DashboardsIT {
  private static final Path DASHBOARDS = Path.of("..", "grafana", "dashboards");
  private static final int EPOCHS = 250;

  @TempDir Path directory;

  @Test
  void every_query_of_every_dashboard_returns_data_while_a_sweep_runs() throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    try (Cluster cluster = Cluster.start(directory)) {
      List<String> workers = List.of(target(), target());
      cluster.launchWorker("a", port(workers.get(0)));
      cluster.launchWorker("b", port(workers.get(1)));
      Path spec = tiny.longGrid("watched", "10, 1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3", EPOCHS);
      assertThat(cluster.api().submit(spec)).isEqualTo("watched-1");
      try (PrometheusServer prometheus =
          PrometheusServer.start(
              Map.of("espalier", List.of(cluster.metricsTarget()), "espalier-workers", workers),
              Files.createDirectory(directory.resolve("prometheus")))) {
        Map<Path, DashboardCheck> open = new TreeMap<>();
        for (Path file : dashboards()) {
          open.put(file, new DashboardCheck(Dashboard.read(file), prometheus.address(), "10s"));
        }
        await()
            .atMost(Duration.ofMinutes(2))
            .pollInterval(Duration.ofSeconds(1))
            .untilAsserted(
                () -> {
                  var problems = new ArrayList<String>();
                  for (Path file : List.copyOf(open.keySet())) {
                    List<String> found =
                        open.get(file).problems().stream()
                            // These workers have none.
                            .filter(problem -> !problem.contains("espalier_worker_gpu_"))
                            .toList();
                    found.forEach(problem -> problems.add(file.getFileName() + ": " + problem));
                    if (found.isEmpty()) {
                      open.remove(file);
                    }
                  }
                  assertThat(problems).isEmpty();
                });
      }
    }
  }

  private static List<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(DASHBOARDS)) {
      return files.sorted().toList();
    }
  }

  private static String port(String target) {
    return "--metrics-port=" + target.replaceFirst(".*:", "");
  }

  private static String target() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return "127.0.0.1:" + socket.getLocalPort();
    }
  }
}
