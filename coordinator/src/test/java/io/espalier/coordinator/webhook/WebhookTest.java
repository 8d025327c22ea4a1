package io.espalier.coordinator.webhook;

import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.policy;
import static io.espalier.coordinator.sweep.Examples.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.espalier.common.UserError;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.Life;
import io.espalier.coordinator.sweep.Sweep;
import io.espalier.coordinator.sweep.SweepEvent;
import io.espalier.coordinator.sweep.SweepInput;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookTest {
  private static final Outcome KILLED =
      new Outcome.Killed(
          new Verdict("non_finite", 3, Double.NaN, 5, List.of(4.5, Double.NaN), "loss is NaN"));

  private final List<String> received = new CopyOnWriteArrayList<>();
  private final Queue<Integer> answers = new ArrayDeque<>();
  private final Life life = new Life(policy(10, 46, 92)).running(2);
  private HttpServer server;
  private Webhook webhook;

  @BeforeEach
  void listen() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/secret",
        exchange -> {
          received.add(new String(exchange.getRequestBody().readAllBytes()));
          Integer status = answers.poll();
          exchange.sendResponseHeaders(status == null ? 204 : status, -1);
          exchange.close();
        });
    server.start();
    webhook =
        new Webhook(
            URI.create("http://127.0.0.1:%d/secret".formatted(server.getAddress().getPort())),
            WebhookTest::view,
            List.of(Duration.ZERO, Duration.ZERO));
  }

  private static SweepView view(Sweep sweep) {
    return new SweepView(
        sweep.id(),
        SweepView.State.COMPLETED,
        Optional.empty(),
        new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
        Optional.empty(),
        NOW,
        Optional.of(NOW),
        Optional.empty(),
        List.of(),
        List.of());
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void end(int branch, Outcome outcome) {
    BranchId id = new BranchId(branch);
    var attempt = life.sweep().branches().get(id).current().orElseThrow().attempt();
    for (SweepEvent event :
        life.tell(new SweepInput.BranchEnded(id, attempt, List.of(result(branch, outcome)), NOW))) {
      webhook.happened(life.sweep(), event);
    }
  }

  @Test
  void a_lost_worker_is_told_of() throws Exception {
    webhook.lost(new WorkerId("host-a/0"), "worker host-a/0 was not heard for 20 s", NOW);
    webhook.close();

    JsonNode lost = new ObjectMapper().readTree(received.get(0));
    assertThat(lost.path("event").asText()).isEqualTo("worker_lost");
    assertThat(lost.path("worker").asText()).isEqualTo("host-a/0");
    assertThat(lost.path("text").asText()).contains("not heard").contains("goes to others");
    assertThat(lost.has("sweep")).isFalse();
  }

  @Test
  void kills_and_the_sweeps_end_are_told_in_order_and_a_completed_trial_is_not() throws Exception {
    answers.add(503);

    end(0, KILLED);
    end(1, new Outcome.Completed());
    webhook.close();

    assertThat(received).hasSize(3).element(1).isEqualTo(received.get(0));
    JsonNode kill = new ObjectMapper().readTree(received.get(1));
    assertThat(kill.path("event").asText()).isEqualTo("trial_killed");
    assertThat(kill.path("trial").asInt(-1)).isZero();
    assertThat(kill.path("text").asText()).contains("trial 0").endsWith("killed: loss is NaN");
    assertThat(kill.path("point").isObject()).isTrue();
    assertThat(kill.path("verdict").path("rule").asText()).isEqualTo("non_finite");
    assertThat(kill.path("verdict").path("update").asInt()).isEqualTo(3);
    assertThat(kill.path("verdict").path("value").asText()).isEqualTo("NaN");
    assertThat(kill.path("verdict").path("threshold").asInt()).isEqualTo(5);
    assertThat(kill.path("verdict").path("window")).hasSize(2);
    JsonNode end = new ObjectMapper().readTree(received.get(2));
    assertThat(end.path("event").asText()).isEqualTo("sweep_ended");
    assertThat(end.path("state").asText()).isEqualTo("completed");
  }

  @Test
  void what_is_refused_is_not_sent_again_and_what_fails_is_given_up_in_the_end() {
    answers.addAll(List.of(404, 500, 502, 503));
    end(0, KILLED);
    end(1, KILLED);
    webhook.close();

    assertThat(received).hasSize(5);
    assertThat(Set.copyOf(received.subList(1, 4))).hasSize(1);
    assertThat(received.get(4)).contains("sweep_ended");
  }

  @Test
  void an_address_that_is_gone_stops_nothing() {
    server.stop(0);
    end(0, KILLED);
    webhook.close();
    end(1, KILLED);

    assertThat(received).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hooks.example.org", "ftp://hooks.example.org/x", "http://", "a b"})
  void what_cannot_be_posted_to_is_refused_without_its_text(String text) {
    assertThatThrownBy(() -> Webhook.address(text))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "--webhook is no address; expected one such as https://hooks.example.org/espalier");
  }
}
