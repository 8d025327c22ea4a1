package io.espalier.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Grafana dashboard as far as its queries go. */
public record Dashboard(Path file, JsonNode json) {
  private static final Pattern LABEL_VALUES =
      Pattern.compile("label_values\\((?<series>.+),\\s*(?<label>\\w+)\\)");

  /**
   * @param expression PromQL with Grafana's variables in it
   * @param legend Grafana's {@code {{label}}} template
   */
  record Query(String panel, String expression, String legend) {}

  /** The query of a variable: the values of a label of some series. */
  record LabelValues(String variable, String series, String label) {}

  public static Dashboard read(Path file) throws IOException {
    return new Dashboard(file, new ObjectMapper().readTree(Files.readString(file)));
  }

  List<JsonNode> panels() {
    var all = new ArrayList<JsonNode>();
    for (JsonNode panel : json.path("panels")) {
      if (panel.path("type").asText().equals("row")) {
        panel.path("panels").forEach(all::add);
      } else {
        all.add(panel);
      }
    }
    return all;
  }

  List<Query> queries() {
    var all = new ArrayList<Query>();
    for (JsonNode panel : panels()) {
      for (JsonNode target : panel.path("targets")) {
        all.add(
            new Query(
                panel.path("title").asText(),
                target.path("expr").asText(),
                target.path("legendFormat").asText()));
      }
    }
    return all;
  }

  List<LabelValues> variableQueries() {
    var all = new ArrayList<LabelValues>();
    for (JsonNode variable : json.path("templating").path("list")) {
      if (variable.path("type").asText().equals("query")) {
        Matcher query = LABEL_VALUES.matcher(variable.path("query").path("query").asText());
        if (!query.matches()) {
          throw new IllegalArgumentException("%s: query of %s".formatted(file, variable));
        }
        all.add(
            new LabelValues(
                variable.path("name").asText(), query.group("series"), query.group("label")));
      }
    }
    return all;
  }

  /**
   * The expression as Prometheus takes it: every variable matches everything.
   *
   * @param rateInterval what {@code $__rate_interval} stands for
   */
  String resolve(String expression, String rateInterval) {
    String resolved = expression.replace("$__rate_interval", rateInterval);
    for (JsonNode variable : json.path("templating").path("list")) {
      String name = variable.path("name").asText();
      resolved = resolved.replace("${" + name + "}", ".*").replace("$" + name, ".*");
    }
    return resolved;
  }
}
