package io.espalier.deploy.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import io.espalier.common.UserError;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.ViewJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CoordinatorClientTest {
  private static final String EVENTS = "GET /api/v1/sweeps/tiny-1/events";

  private final TalkingServer server = new TalkingServer();
  private final CoordinatorClient client = CoordinatorClient.at(server.url() + "/");

  @AfterEach
  void close() {
    server.close();
  }

  @Test
  void an_error_is_told_in_the_coordinators_words() {
    server.on(
        "GET /api/v1/sweeps/tinny-1",
        404,
        "{\"type\":\"about:blank\",\"status\":404,\"detail\":\"There is no sweep 'tinny-1'.\"}");

    assertThatThrownBy(() -> client.sweep("tinny-1"))
        .isInstanceOf(UserError.class)
        .hasMessage("There is no sweep 'tinny-1'.");
  }

  @Test
  void an_answer_that_is_no_coordinators_says_so() {
    server.on("GET /api/v1/sweeps", 200, "<html>It works!</html>");
    server.on("GET /api/v1/workers", 502, "<html>Bad gateway</html>");

    assertThatThrownBy(client::sweeps)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("not as a coordinator");
    assertThatThrownBy(client::workers)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("answered with status 502");
  }

  @Test
  void where_nobody_listens_the_message_says_what_to_do() {
    server.close();

    assertThatThrownBy(client::sweeps)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("No coordinator answers at " + server.url())
        .hasMessageContaining("ESPALIER_URL");
  }

  @Test
  void of_several_that_which_answers_is_asked_and_whoever_it_names() {
    try (TalkingServer standing = new TalkingServer();
        TalkingServer dead = new TalkingServer()) {
      dead.close();
      standing.on(
          "GET /api/v1/workers",
          exchange -> {
            exchange.getResponseHeaders().set("Location", server.url() + "/api/v1/workers");
            exchange.sendResponseHeaders(307, -1);
            exchange.close();
          });
      server.on("GET /api/v1/workers", 200, "[]");

      CoordinatorClient several = CoordinatorClient.at(dead.url() + "," + standing.url());

      assertThat(several.workers()).isEmpty();
      assertThat(several.url()).isEqualTo(dead.url() + "," + standing.url());
    }
  }

  @Test
  void while_one_takes_anothers_place_it_is_waited_for() {
    var asked = new AtomicInteger();
    server.on(
        "GET /api/v1/workers",
        exchange -> {
          boolean first = asked.incrementAndGet() == 1;
          if (first) {
            exchange.getResponseHeaders().set("Retry-After", "1");
          }
          byte[] none = "[]".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(first ? 503 : 200, none.length);
          exchange.getResponseBody().write(none);
          exchange.close();
        });

    assertThat(client.workers()).isEmpty();
    assertThat(asked).hasValue(2);
  }

  @Test
  void what_is_no_address_is_refused() {
    for (String wrong : List.of("", "localhost:8350", "ftp://host", "http://", "http://a b")) {
      assertThatThrownBy(() -> CoordinatorClient.at(wrong))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("expected http://HOST:PORT");
    }
  }

  @Test
  void names_are_encoded_in_paths() throws IOException {
    server.on("GET /api/v1/sweeps/a%2F..%20%3F/trials/3/log", 200, "logged");
    var out = new ByteArrayOutputStream();

    client.log("a/.. ?", 3, false, out);

    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("logged");
  }

  @Test
  void a_submission_whose_answer_is_lost_is_sent_again_with_the_same_key() {
    var keys = new CopyOnWriteArrayList<String>();
    server.on(
        "POST /api/v1/sweeps",
        exchange -> {
          keys.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
          if (keys.size() == 1) {
            exchange.close();
          } else {
            reply(exchange, 201, "{\"sweep\": \"tiny-1\"}");
          }
        });

    assertThat(
            client
                .submit(
                    new CoordinatorClient.Submission("name: tiny", "tiny.yaml", "/", Map.of()), "k")
                .value())
        .isEqualTo("tiny-1");
    assertThat(keys).containsExactly("k", "k");
  }

  @Test
  void a_sweep_is_followed_over_a_broken_connection_and_a_coordinator_that_is_starting() {
    var connections = new AtomicInteger();
    server.on(
        EVENTS,
        exchange -> {
          switch (connections.getAndIncrement()) {
            case 0 -> stream(exchange, event("sweep", SweepView.State.RUNNING));
            case 1 -> reply(exchange, 503, "{\"detail\": \"starting\"}");
            default -> stream(exchange, event("end", SweepView.State.COMPLETED));
          }
        });

    try (SweepEvents events = client.events("tiny-1")) {
      await().until(() -> events.view().filter(view -> view.state().ended()).isPresent());
      assertThat(events.refusal()).isEmpty();
    }
    assertThat(connections).hasValue(3);
  }

  @Test
  void a_sweep_that_does_not_exist_is_not_asked_for_again() {
    server.on(EVENTS, 404, "{\"detail\": \"There is no sweep 'tiny-1'.\"}");

    try (SweepEvents events = client.events("tiny-1")) {
      await().until(() -> events.refusal().isPresent());
      assertThat(events.refusal())
          .get()
          .extracting(UserError::getMessage)
          .asString()
          .contains("tiny-1");
    }
    assertThat(server.requests()).containsExactly(EVENTS);
  }

  private static String event(String name, SweepView.State state) {
    var view =
        new SweepView(
            new SweepId("tiny-1"),
            state,
            Optional.empty(),
            new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
            Optional.empty(),
            Instant.EPOCH,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of());
    return "event: %s\ndata: %s\n\n".formatted(name, ViewJson.line(view));
  }

  private static void stream(HttpExchange exchange, String text) throws IOException {
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    exchange.getResponseBody().write(text.getBytes(StandardCharsets.UTF_8));
    exchange.close();
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
