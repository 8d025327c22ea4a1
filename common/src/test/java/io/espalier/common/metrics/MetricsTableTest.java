package io.espalier.common.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/metrics.md} is made of {@link ExposedMetric} and of nothing else. */
class MetricsTableTest {
  private static final Path TABLE = Path.of("..", "docs", "metrics.md");

  private static String table() {
    String rows =
        Arrays.stream(ExposedMetric.values())
            .map(
                metric ->
                    "| `%s` | %s | %s | %s |"
                        .formatted(
                            metric.exposedName(),
                            metric.kind().name().toLowerCase(Locale.ROOT),
                            metric.labels().stream()
                                .map("`%s`"::formatted)
                                .collect(Collectors.joining(", ")),
                            metric.help()))
            .collect(Collectors.joining("\n"));
    return """
        # Metrics for Prometheus

        The coordinator shows them at `/metrics` of its HTTP port; those that begin with `espalier_worker_` a worker
        that was given `--metrics-port`. The JVM's own (`jvm_…`, `process_…`, `system_…`) are Micrometer's.

        | Name | Kind | Labels | Meaning |
        |---|---|---|---|
        %s
        """
        .formatted(rows);
  }

  @Test
  void the_table_names_every_metric() throws IOException {
    Path made = Files.createDirectories(Path.of("target")).resolve("metrics.md");
    Files.writeString(made, table());
    assertThat(TABLE).as("copy %s there", made.toAbsolutePath()).hasSameTextualContentAs(made);
  }

  @Test
  void names_follow_prometheus_conventions() {
    assertThat(ExposedMetric.values())
        .allSatisfy(
            metric -> {
              assertThat(metric.exposedName()).matches("espalier_[a-z_]+");
              assertThat(metric.exposedName().endsWith("_total"))
                  .isEqualTo(metric.kind() == ExposedMetric.Kind.COUNTER);
              assertThat(metric.help()).doesNotEndWith(".").isNotBlank();
            })
        .extracting(ExposedMetric::exposedName)
        .doesNotHaveDuplicates();
  }
}
