package io.espalier.coordinator.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class HttpDoorTest {
  private static final ActorTestKit KIT =
      ActorTestKit.create(
          ConfigFactory.parseString("pekko.actor.provider = local")
              .withFallback(ConfigFactory.load("espalier-coordinator.conf")));
  private static final CoordinatorMetrics METRICS = new CoordinatorMetrics(Clock.systemUTC());
  private static volatile Optional<String> unready = Optional.empty();
  private static volatile Desk.Answering answering = new Desk.Nobody("Nobody is active.");
  private static HttpDoor door;
  private final HttpClient client = HttpClient.newHttpClient();

  @BeforeAll
  static void open() {
    door =
        HttpDoor.open(
            KIT.system(),
            "127.0.0.1",
            0,
            METRICS,
            () -> unready,
            HttpDoorTest::desk,
            HttpDoor.Lock.NONE);
  }

  @AfterAll
  static void close() {
    door.close();
    METRICS.close();
    KIT.shutdownTestKit();
  }

  private static CompletionStage<Desk.Answering> desk() {
    return CompletableFuture.completedStage(answering);
  }

  @Test
  void whoever_stands_by_sends_clients_on_with_all_they_asked() throws Exception {
    answering = new Desk.There("http://head:8350");
    HttpResponse<String> sent = get("/api/v1/sweeps/a%20b/metrics?format=csv", "*/*");
    assertThat(sent.statusCode()).isEqualTo(307);
    assertThat(sent.headers().firstValue("Location"))
        .hasValue("http://head:8350/api/v1/sweeps/a%20b/metrics?format=csv");
    assertThat(get("/alive", "*/*").statusCode()).isEqualTo(200);
  }

  @Test
  void the_consoles_page_loads_from_nowhere_else_and_leads_to_the_active_coordinator()
      throws Exception {
    answering = new Desk.Nobody("Nobody is active.");
    HttpResponse<String> page = get("/", "*/*");
    assertThat(page.statusCode()).isEqualTo(200);
    assertThat(type(page)).startsWith("text/html");
    assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe");
    for (String path : referenced(page.body())) {
      HttpResponse<String> file = get("/" + path, "*/*");
      assertThat(file.statusCode()).as(path).isEqualTo(200);
      for (String imported : referenced(file.body())) {
        assertThat(get("/console/" + imported.replaceFirst("^\\./", ""), "*/*").statusCode())
            .as(path + " imports " + imported)
            .isEqualTo(200);
      }
    }
    for (String path : List.of("absent.js", "../HttpDoor.class", "%2e%2e/HttpDoor.class", "")) {
      assertThat(get("/console/" + path, "*/*").statusCode()).as(path).isEqualTo(404);
    }
    answering = new Desk.There("http://head:8350");
    assertThat(get("/", "*/*").headers().firstValue("Location")).hasValue("http://head:8350/");
  }

  /** What a page names in its head, or a script in its imports. */
  private static List<String> referenced(String text) {
    return Pattern.compile("(?:href|src)=\"(console/[^\"]+)\"|from \"(\\./[^\"]+)\"")
        .matcher(text)
        .results()
        .map(found -> found.group(1) == null ? found.group(2) : found.group(1))
        .toList();
  }

  @Test
  void without_an_active_coordinator_it_says_so() throws Exception {
    answering = new Desk.Nobody("Nobody is active.");
    HttpResponse<String> answer = get("/api/v1/sweeps", "*/*");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(answer.body()).contains("\"detail\":\"Nobody is active.\"");
  }

  @Test
  void metrics_are_prometheus_text_unless_openmetrics_is_asked_for() throws Exception {
    HttpResponse<String> text = get("/metrics", "*/*");
    assertThat(text.statusCode()).isEqualTo(200);
    assertThat(type(text)).isEqualTo("text/plain; version=0.0.4; charset=UTF-8");
    assertThat(text.body()).contains("espalier_slots{state=\"free\"} 0").doesNotContain("# EOF");

    HttpResponse<String> open =
        get("/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assertThat(type(open)).isEqualTo("application/openmetrics-text; version=1.0.0; charset=UTF-8");
    assertThat(open.body()).endsWith("# EOF\n");
  }

  @Test
  void a_coordinator_is_alive_before_it_is_ready() throws Exception {
    unready = Optional.of("The journal is being read.");
    try {
      assertThat(get("/alive", "*/*").statusCode()).isEqualTo(200);
      HttpResponse<String> ready = get("/ready", "*/*");
      assertThat(ready.statusCode()).isEqualTo(503);
      assertThat(ready.body()).contains("The journal is being read.");
    } finally {
      unready = Optional.empty();
    }
    assertThat(get("/ready", "*/*").body()).isEqualTo("ready\n");
  }

  @Test
  void an_unknown_path_and_a_wrong_method_are_answered_as_problems() throws Exception {
    HttpResponse<String> missing = get("/nothing", "*/*");
    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(type(missing)).isEqualTo("application/problem+json");
    assertThat(missing.body())
        .isEqualTo(
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"There is"
                + " nothing at /nothing; there are / for browsers, /api/v1/sweeps, /api/v1/workers, /metrics, /alive and /ready.\"}");

    HttpResponse<String> posted =
        client.send(
            request("/metrics").POST(HttpRequest.BodyPublishers.noBody()).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(posted.statusCode()).isEqualTo(405);
    assertThat(posted.body()).contains("Only GET is possible here.");
  }

  @Test
  void a_port_in_use_is_named_with_the_flag_to_change_it() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(
              () ->
                  HttpDoor.open(
                          KIT.system(),
                          "127.0.0.1",
                          port,
                          METRICS,
                          Optional::empty,
                          HttpDoorTest::desk,
                          HttpDoor.Lock.NONE)
                      .close())
          .isInstanceOf(UserError.class)
          .hasMessageContaining("HTTP port " + port)
          .hasMessageContaining("--http-port");
    }
  }

  private HttpResponse<String> get(String path, String accept)
      throws IOException, InterruptedException {
    return client.send(
        request(path).header("Accept", accept).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + door.port() + path));
  }

  private static String type(HttpResponse<String> response) {
    return response.headers().firstValue("Content-Type").orElse("");
  }
}
