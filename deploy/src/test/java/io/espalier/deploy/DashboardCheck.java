package io.espalier.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Runs every query of a dashboard against a running Prometheus: {@code DashboardCheck
 * <dashboard.json> <prometheus url>}. Each must return a number, with the labels its legend shows.
 */
public final class DashboardCheck {
  private static final Pattern LEGEND_LABEL = Pattern.compile("\\{\\{\\s*(\\w+)\\s*}}");

  private final Dashboard dashboard;
  private final URI prometheus;
  private final String rateInterval;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ObjectMapper mapper = new ObjectMapper();

  /**
   * @param rateInterval what {@code $__rate_interval} stands for: at least four scrapes
   */
  public DashboardCheck(Dashboard dashboard, URI prometheus, String rateInterval) {
    this.dashboard = dashboard;
    this.prometheus = prometheus;
    this.rateInterval = rateInterval;
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length != 2) {
      System.err.println("usage: DashboardCheck <dashboard.json> <prometheus url>");
      System.exit(2);
    }
    var check = new DashboardCheck(Dashboard.read(Path.of(args[0])), URI.create(args[1]), "1m");
    List<String> problems = check.problems();
    problems.forEach(System.err::println);
    System.exit(problems.isEmpty() ? 0 : 1);
  }

  /** One line for each query without data; empty when the dashboard shows everything. */
  public List<String> problems() throws IOException, InterruptedException {
    var problems = new ArrayList<String>();
    for (Dashboard.LabelValues variable : dashboard.variableQueries()) {
      JsonNode values =
          get(
              "/api/v1/label/" + variable.label() + "/values?match[]=",
              dashboard.resolve(variable.series(), rateInterval));
      if (values.path("data").isEmpty()) {
        problems.add("variable %s has no values".formatted(variable.variable()));
      }
    }
    for (Dashboard.Query query : dashboard.queries()) {
      String resolved = dashboard.resolve(query.expression(), rateInterval);
      JsonNode answer = get("/api/v1/query?query=", resolved);
      String problem = problem(answer, query.legend());
      if (!problem.isEmpty()) {
        problems.add("panel '%s': %s: %s".formatted(query.panel(), problem, resolved));
      }
    }
    return problems;
  }

  private static String problem(JsonNode answer, String legend) {
    if (!answer.path("status").asText().equals("success")) {
      return answer.path("error").asText();
    }
    boolean number = false;
    for (JsonNode series : answer.path("data").path("result")) {
      number |= !series.path("value").path(1).asText().equals("NaN");
      Matcher label = LEGEND_LABEL.matcher(legend);
      while (label.find()) {
        if (!series.path("metric").has(label.group(1))) {
          return "its legend shows {{%s}}, which the result lacks".formatted(label.group(1));
        }
      }
    }
    return number ? "" : "no data";
  }

  private JsonNode get(String path, String query) throws IOException, InterruptedException {
    String encoded = URLEncoder.encode(query, StandardCharsets.UTF_8);
    URI uri = prometheus.resolve(path.replace("[]", "%5B%5D") + encoded);
    HttpResponse<String> response =
        client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    return mapper.readTree(response.body());
  }
}
