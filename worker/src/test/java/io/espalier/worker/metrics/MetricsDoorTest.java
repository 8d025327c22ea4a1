package io.espalier.worker.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.metrics.ExposedMetric;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MetricsDoorTest {
  private static final String LOOPBACK = "127.0.0.1";

  private static HttpResponse<String> get(MetricsDoor door, String accept) throws Exception {
    URI address = URI.create("http://%s:%d/metrics".formatted(LOOPBACK, door.port()));
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(address).header("Accept", accept).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void a_scraper_finds_every_metric_of_a_worker_under_its_name() throws Exception {
    try (var metrics = new WorkerMetrics();
        MetricsDoor door = MetricsDoor.open(LOOPBACK, 0, Optional.empty(), metrics)) {
      metrics.branches(() -> 3);
      metrics.spool(() -> 40);
      metrics.gpu(() -> Optional.of(new GpuWatch.Load(7L << 30, 80L << 30, 0.5)));
      metrics.saved(2.5);
      metrics.saved(-0.5);
      metrics.connected(true);
      metrics.updated();
      metrics.evaluated(Duration.ofMillis(3));
      metrics.checkpointWritten(Duration.ofMillis(30), 5_000);
      metrics.checkpointFailed();

      HttpResponse<String> answer = get(door, "text/plain");

      assertThat(answer.headers().firstValue("Content-Type")).get().asString().contains("0.0.4");
      for (ExposedMetric metric : ExposedMetric.values()) {
        if (metric.exposedName().startsWith("espalier_worker_")) {
          assertThat(answer.body())
              .contains("# HELP %s %s\n".formatted(metric.exposedName(), metric.help()));
        }
      }
      assertThat(answer.body())
          .contains(
              "espalier_worker_branches 3.0\n",
              "espalier_worker_spool_rows 40.0\n",
              "espalier_worker_connected 1.0\n",
              "espalier_worker_packing_saved_seconds 2.0\n",
              "espalier_worker_gpu_memory_used_bytes 7.516192768E9\n",
              "espalier_worker_gpu_utilization_ratio 0.5\n",
              "espalier_worker_updates_total 1.0\n",
              "espalier_worker_evaluation_seconds_count 1\n",
              "espalier_worker_checkpoint_bytes_total 5000.0\n",
              "espalier_worker_checkpoint_failures_total 1.0\n",
              "jvm_memory_used_bytes");
      assertThat(get(door, "application/openmetrics-text;version=1.0.0").body())
          .endsWith("# EOF\n");
    }
  }

  @Test
  void a_port_that_is_taken_is_named() {
    try (var metrics = new WorkerMetrics();
        MetricsDoor door = MetricsDoor.open(LOOPBACK, 0, Optional.empty(), metrics)) {
      assertThatThrownBy(() -> MetricsDoor.open(LOOPBACK, door.port(), Optional.empty(), metrics))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("Port " + door.port())
          .hasMessageContaining("--metrics-port");
    }
  }
}
