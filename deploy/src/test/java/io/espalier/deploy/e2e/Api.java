package io.espalier.deploy.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.tls.NodeCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A coordinator's HTTP interface, as a program without Espalier's classes uses it. */
final class Api {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final HttpClient staying;
  private final URI base;

  /**
   * @param certificates of whom it trusts; absent without TLS
   */
  Api(URI base, Optional<NodeCertificates> certificates) {
    this.base = base;
    client = client(HttpClient.Redirect.NORMAL, certificates);
    staying = client(HttpClient.Redirect.NEVER, certificates);
  }

  private static HttpClient client(
      HttpClient.Redirect redirect, Optional<NodeCertificates> certificates) {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(redirect)
            .connectTimeout(Duration.ofSeconds(2));
    certificates.map(NodeCertificates::context).ifPresent(client::sslContext);
    return client.build();
  }

  /** An answer that is an error, or none at all. */
  static final class NoAnswer extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private NoAnswer(String message) {
      super(message);
    }
  }

  boolean ready() {
    try {
      get("/ready");
      return true;
    } catch (NoAnswer e) {
      return false;
    }
  }

  /** Whether it is the active coordinator: one that stands by sends on to another address. */
  boolean answersItself() {
    URI workers = base.resolve("/api/v1/workers");
    try {
      return staying
              .send(
                  HttpRequest.newBuilder(workers).timeout(Duration.ofSeconds(2)).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /**
   * @return the sweep's id, once the coordinator has acknowledged it
   */
  String submit(Path spec) {
    try {
      return json(
              "POST",
              "/api/v1/sweeps",
              JSON.writeValueAsString(
                  Map.of(
                      "spec",
                      Files.readString(spec),
                      "source",
                      spec.getFileName().toString(),
                      "directory",
                      spec.getParent().toString())))
          .get("sweep")
          .asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonNode stop(String sweep) {
    return json("POST", "/api/v1/sweeps/" + sweep + "/stop", "");
  }

  JsonNode sweep(String id) {
    return json("GET", "/api/v1/sweeps/" + id, "");
  }

  /** The state of each sweep, by its id, as they were submitted. */
  Map<String, String> states() {
    Map<String, String> states = new LinkedHashMap<>();
    json("GET", "/api/v1/sweeps", "")
        .forEach(sweep -> states.put(sweep.get("id").asText(), sweep.get("state").asText()));
    return states;
  }

  List<JsonNode> workers() {
    List<JsonNode> workers = new ArrayList<>();
    json("GET", "/api/v1/workers", "").forEach(workers::add);
    return workers;
  }

  /** Metric rows, one object each, those of the attempts that count. */
  List<JsonNode> rows(String sweep) {
    return TrialNumbers.rows(get("/api/v1/sweeps/" + sweep + "/metrics?format=jsonl"));
  }

  /** The value of a metric without labels, as Prometheus would scrape it. */
  double metric(String name) {
    return get("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .sum();
  }

  String get(String path) {
    return send("GET", path, "");
  }

  private JsonNode json(String method, String path, String body) {
    return read(send(method, path, body));
  }

  private static JsonNode read(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(json, e);
    }
  }

  private String send(String method, String path, String body) {
    HttpResponse<String> response =
        answer(
            HttpRequest.newBuilder(base.resolve(path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() >= 300) {
      throw new NoAnswer(
          "%s %s: %d %s".formatted(method, path, response.statusCode(), response.body()));
    }
    return response.body();
  }

  private HttpResponse<String> answer(HttpRequest.Builder builder) {
    HttpRequest request = builder.timeout(Duration.ofSeconds(20)).build();
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new NoAnswer("%s %s: %s".formatted(request.method(), request.uri(), e));
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }
}
