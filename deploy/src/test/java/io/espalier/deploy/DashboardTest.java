package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.metrics.ExposedMetric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class DashboardTest {
  static final Path GRAFANA = Path.of("..", "grafana");
  private static final Pattern METRIC = Pattern.compile("\\bespalier_\\w+");

  static Stream<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(GRAFANA.resolve("dashboards"))) {
      return files.toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void every_metric_a_query_names_is_exposed(Path file) throws IOException {
    Dashboard dashboard = Dashboard.read(file);
    Set<String> exposed =
        Arrays.stream(ExposedMetric.values())
            .flatMap(DashboardTest::series)
            .collect(Collectors.toSet());
    assertThat(dashboard.queries()).isNotEmpty();
    Stream<String> texts =
        Stream.concat(
            dashboard.queries().stream().map(Dashboard.Query::expression),
            dashboard.variableQueries().stream().map(Dashboard.LabelValues::series));
    assertThat(texts)
        .allSatisfy(
            text ->
                assertThat(METRIC.matcher(text).results().map(match -> match.group()).toList())
                    .isSubsetOf(exposed));
  }

  /** The names under which a metric is stored. */
  static Stream<String> series(ExposedMetric metric) {
    return metric.kind() == ExposedMetric.Kind.HISTOGRAM
        ? Stream.of("_bucket", "_count", "_sum").map(metric.exposedName()::concat)
        : Stream.of(metric.exposedName());
  }

  /** As the rules of Grafana's dashboard linter have it. */
  @ParameterizedTest
  @MethodSource("dashboards")
  void variables_links_and_annotations_are_whole(Path file) throws IOException {
    JsonNode dashboard = Dashboard.read(file).json();
    assertThat(file.getFileName().toString())
        .isEqualTo(dashboard.path("uid").asText().replaceFirst("espalier-", "") + ".json");
    assertThat(dashboard.at("/templating/list/0/type").asText()).isEqualTo("datasource");
    assertThat(dashboard.at("/annotations/list"))
        .extracting(annotation -> annotation.path("name").asText())
        .contains("Kills");
    Set<String> there = new TreeSet<>();
    for (Path other : dashboards().toList()) {
      there.add("/d/" + Dashboard.read(other).json().path("uid").asText());
    }
    there.remove("/d/" + dashboard.path("uid").asText());
    assertThat(dashboard.path("links"))
        .extracting(link -> link.path("url").asText())
        .containsExactlyInAnyOrderElementsOf(there);
    for (JsonNode target :
        dashboard.findValues("targets").stream().flatMap(DashboardTest::each).toList()) {
      assertThat(target.path("expr").asText())
          .as("rates are over $__rate_interval")
          .doesNotContainPattern("(rate|increase)\\([^\\[]*\\[[^$]");
    }
  }

  private static Stream<JsonNode> each(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void every_panel_has_a_title_a_description_a_unit_and_an_id_of_its_own(Path file)
      throws IOException {
    Dashboard dashboard = Dashboard.read(file);
    assertThat(dashboard.json().path("uid").asText()).startsWith("espalier-");
    assertThat(dashboard.panels())
        .allSatisfy(
            panel -> {
              assertThat(panel.path("title").asText()).isNotBlank();
              assertThat(panel.path("description").asText()).endsWith(".");
              assertThat(panel.at("/fieldConfig/defaults/unit").asText()).isNotBlank();
              assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
            })
        .extracting(panel -> panel.path("id").asInt())
        .doesNotHaveDuplicates();
    assertThat(dashboard.panels()).noneSatisfy(panel -> overlaps(panel, dashboard));
  }

  @Test
  void grafana_assumes_the_interval_at_which_prometheus_scrapes() throws IOException {
    assertThat(yaml("provisioning/datasources/prometheus.yml")).contains("timeInterval=5s");
    assertThat(yaml("prometheus/prometheus.yml")).contains("scrape_interval=5s");
    assertThat(yaml("provisioning/dashboards/espalier.yml")).contains("type=file");
  }

  private static void overlaps(JsonNode panel, Dashboard dashboard) {
    assertThat(dashboard.panels())
        .filteredOn(other -> other != panel)
        .anySatisfy(
            other -> {
              JsonNode a = panel.path("gridPos");
              JsonNode b = other.path("gridPos");
              assertThat(start(a, "x")).isLessThan(end(b, "x", "w"));
              assertThat(start(b, "x")).isLessThan(end(a, "x", "w"));
              assertThat(start(a, "y")).isLessThan(end(b, "y", "h"));
              assertThat(start(b, "y")).isLessThan(end(a, "y", "h"));
            });
  }

  private static int start(JsonNode place, String axis) {
    return place.path(axis).asInt();
  }

  private static int end(JsonNode place, String axis, String length) {
    return place.path(axis).asInt() + place.path(length).asInt();
  }

  private static String yaml(String file) throws IOException {
    return new Load(LoadSettings.builder().build())
        .loadFromString(Files.readString(GRAFANA.resolve(file)))
        .toString();
  }
}
