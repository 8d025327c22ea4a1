package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.sweep.Examples;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The description of the API says what the API does. */
class OpenApiTest {
  private static final Path ROUTES = Path.of("src/main/java/io/espalier/coordinator/api");
  private static final Map<String, String> EXAMPLES =
      Map.of(
          "{sweep}", "demo-1",
          "{trial}", "0",
          "{file}", "adapter_config.json",
          "{sha256}", "0".repeat(64),
          "{worker}", "ann");

  @TempDir Path store;

  private static OpenAPI read(Api api) throws Exception {
    HttpResponse<String> served = api.get("/openapi.yaml");
    assertThat(served.headers().firstValue("Content-Type")).hasValue("application/yaml");
    SwaggerParseResult parsed = new OpenAPIV3Parser().readContents(served.body());
    assertThat(parsed.getMessages()).isEmpty();
    return parsed.getOpenAPI();
  }

  private static String example(String path) {
    String filled = path;
    for (Map.Entry<String, String> each : EXAMPLES.entrySet()) {
      filled = filled.replace(each.getKey(), each.getValue());
    }
    return filled;
  }

  @Test
  void each_address_takes_the_methods_it_is_said_to_take() throws Exception {
    try (Api api = Api.on(store)) {
      for (Map.Entry<String, PathItem> path : read(api).getPaths().entrySet()) {
        Set<String> described =
            path.getValue().readOperationsMap().keySet().stream()
                .map(PathItem.HttpMethod::name)
                .collect(Collectors.toCollection(TreeSet::new));
        HttpResponse<String> answer =
            api.send(
                api.request(example(path.getKey()))
                    .method("PATCH", HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.statusCode()).as(path.getKey()).isEqualTo(405);
        Set<String> possible =
            Arrays.stream(answer.headers().firstValue("Allow").orElseThrow().split(", "))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(possible).as(path.getKey()).isEqualTo(described);
      }
    }
  }

  @Test
  void each_route_is_described() throws Exception {
    String described;
    try (Api api = Api.on(store)) {
      described = String.join("\n", read(api).getPaths().keySet()) + "\n";
    }
    Pattern segments = Pattern.compile("path(?:Prefix)?\\(\\s*\"([^\"]+)\"");
    try (Stream<Path> files = Files.list(ROUTES)) {
      for (Path file : files.toList()) {
        List<String> literal =
            segments.matcher(Files.readString(file)).results().map(m -> m.group(1)).toList();
        for (String segment : literal) {
          assertThat(described).as(file.toString()).containsPattern("/" + segment + "[/\n]");
        }
      }
    }
  }

  @Test
  void answers_have_the_properties_they_are_said_to_have() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      OpenAPI described = read(api);
      api.submit();
      var lease = api.running(worker);
      int trial = lease.branch().milestones().get(0).trial().number();
      worker.ended(lease.key(), 0, Examples.result(trial, new Outcome.Completed()));
      String sweep = "/api/v1/sweeps/demo-1";
      String one = sweep + "/trials/" + trial;
      same(described, "SweepSummary", Api.json(api.get("/api/v1/sweeps")).get(0));
      same(described, "Sweep", Api.json(api.get(sweep)));
      same(described, "Trial", Api.json(api.get(one)));
      same(described, "TrialDetails", Api.json(api.get(one + "/details")));
      same(described, "TrialRow", Api.json(api.get(sweep + "/trials")).get(0));
      same(described, "Charts", Api.json(api.get(sweep + "/curves")));
      same(described, "Worker", Api.json(api.get("/api/v1/workers")).get(0));
      same(described, "Session", Api.json(api.get("/api/v1/session")));
      same(described, "Problem", Api.json(api.get("/api/v1/sweeps/absent-1")));

      HttpResponse<String> first = api.get(sweep + "/trials?limit=1");
      assertThat(Api.json(first)).hasSize(1);
      String next = first.headers().firstValue("Link").orElseThrow();
      assertThat(next).isEqualTo("<" + sweep + "/trials?limit=1&after=0>; rel=\"next\"");
      HttpResponse<String> second = api.get(sweep + "/trials?limit=1&after=0");
      assertThat(Api.json(second).get(0).get("trial").asInt()).isEqualTo(1);
      assertThat(second.headers().firstValue("Link")).isEmpty();
      assertThat(api.get(sweep + "/trials?limit=0").statusCode()).isEqualTo(400);
      assertThat(api.get(sweep + "/trials?after=99").statusCode()).isEqualTo(404);
    }
  }

  private static void same(OpenAPI described, String name, JsonNode answer) {
    Schema<?> schema = described.getComponents().getSchemas().get(name);
    var unknown = new HashSet<String>();
    answer.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(schema.getProperties().keySet());
    assertThat(unknown).as(name).isEmpty();
    schema
        .getProperties()
        .forEach(
            (property, value) -> {
              JsonNode there = answer.path(property);
              if (!there.isMissingNode() && !there.isNull() && value.getType() != null) {
                assertThat(type(there)).as(name + "." + property).isIn(value.getType(), "any");
              }
            });
  }

  /** As OpenAPI calls it; a whole number may stand for any. */
  private static String type(JsonNode node) {
    return switch (node.getNodeType()) {
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case ARRAY -> "array";
      case OBJECT -> "object";
      case NUMBER -> node.isIntegralNumber() ? "integer" : "number";
      default -> "any";
    };
  }
}
