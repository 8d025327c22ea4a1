package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.ExposedMetric;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class AlertRulesTest {
  private static final Path RULES = DashboardTest.GRAFANA.resolve("prometheus");
  private static final Pattern METRIC = Pattern.compile("\\bespalier_\\w+");

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> rules() throws IOException {
    var file =
        (Map<String, List<Map<String, Object>>>)
            new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(RULES.resolve("rules.yml")));
    return file.getOrDefault("groups", List.of()).stream()
        .flatMap(group -> ((List<Map<String, Object>>) group.get("rules")).stream())
        .toList();
  }

  private static List<Map<String, Object>> alerts() throws IOException {
    return rules().stream().filter(rule -> rule.containsKey("alert")).toList();
  }

  @Test
  void rules_go_by_metrics_that_are_exposed() throws IOException {
    Set<String> exposed =
        Arrays.stream(ExposedMetric.values())
            .flatMap(DashboardTest::series)
            .collect(Collectors.toSet());
    assertThat(rules())
        .isNotEmpty()
        .allSatisfy(
            rule ->
                assertThat(
                        METRIC
                            .matcher(String.valueOf(rule.get("expr")))
                            .results()
                            .map(match -> match.group())
                            .toList())
                    .isSubsetOf(exposed));
  }

  @Test
  void an_alert_says_how_urgent_it_is_what_happened_and_what_to_do() throws IOException {
    assertThat(alerts())
        .isNotEmpty()
        .allSatisfy(
            alert -> {
              assertThat(String.valueOf(alert.get("labels"))).matches("\\{severity=(page|ticket)}");
              assertThat(alert.get("annotations"))
                  .asInstanceOf(InstanceOfAssertFactories.MAP)
                  .containsOnlyKeys("summary", "description");
            });
  }

  /** Each alert fires in one of promtool's own tests, which run beside Prometheus. */
  @Test
  @Tag("prometheus")
  void alerts_fire_when_they_should_and_not_otherwise() throws Exception {
    String tests = Files.readString(RULES.resolve("rules.test.yml"));
    assertThat(alerts())
        .allSatisfy(
            alert ->
                assertThat(tests)
                    .contains("alertname: %s, exp_alerts: [{".formatted(alert.get("alert"))));
    Process promtool =
        new ProcessBuilder("promtool", "test", "rules", "rules.test.yml")
            .directory(RULES.toFile())
            .redirectErrorStream(true)
            .start();
    String told = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(told).isZero();
  }
}
