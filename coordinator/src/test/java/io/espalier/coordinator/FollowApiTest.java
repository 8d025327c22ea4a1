package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.sweep.Examples;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.RootAllocator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Following a sweep to its end, and fetching what it left. */
class FollowApiTest {
  private static final String DEMO = "/api/v1/sweeps/demo-1";

  @TempDir Path store;

  private static void end(ScriptedWorker worker, Lease lease) throws Exception {
    int trial = lease.branch().milestones().get(0).trial().number();
    worker.ended(lease.key(), 0, Examples.result(trial, new Outcome.Completed()));
    worker.expect(ToWorker.ResultAcknowledged.class);
  }

  private static Lease next(ScriptedWorker worker) throws Exception {
    worker.offer(1);
    return worker.expect(ToWorker.Grant.class).lease();
  }

  @Test
  void events_tell_of_each_change_and_end_with_the_sweep() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      CompletableFuture<HttpResponse<Stream<String>>> following =
          HttpClient.newHttpClient()
              .sendAsync(
                  api.request(DEMO + "/events").build(), HttpResponse.BodyHandlers.ofLines());
      HttpResponse<Stream<String>> stream = following.get(30, TimeUnit.SECONDS);
      assertThat(stream.headers().firstValue("Content-Type")).contains("text/event-stream");
      CompletableFuture<List<String>> lines =
          CompletableFuture.supplyAsync(() -> stream.body().collect(Collectors.toList()));
      end(worker, api.running(worker));
      end(worker, next(worker));
      List<String> told = lines.get(30, TimeUnit.SECONDS);
      assertThat(told.get(0)).isEqualTo("event: sweep");
      assertThat(told.get(1)).contains("\"PREPARING\"");
      assertThat(told.get(2)).isEmpty();
      assertThat(told).filteredOn("event: end"::equals).hasSize(1);
      String last = told.get(told.lastIndexOf("event: end") + 1);
      assertThat(Api.JSON.readTree(last.substring("data: ".length())).get("state").asText())
          .isEqualTo("COMPLETED");

      List<String> late =
          HttpClient.newHttpClient()
              .send(api.request(DEMO + "/events").build(), HttpResponse.BodyHandlers.ofLines())
              .body()
              .toList();
      assertThat(late).startsWith("event: end").doesNotContain("event: sweep");
    }
  }

  @Test
  void the_board_tells_only_what_has_changed() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      Lease first = api.running(worker);
      CompletableFuture<List<String>> lines =
          HttpClient.newHttpClient()
              .sendAsync(api.request(DEMO + "/board").build(), HttpResponse.BodyHandlers.ofLines())
              .thenApplyAsync(answer -> answer.body().toList());
      await().until(() -> !api.get(DEMO + "/curves").body().isEmpty());
      end(worker, first);
      end(worker, next(worker));
      List<String> told = lines.get(30, TimeUnit.SECONDS);
      assertThat(told.get(0)).isEqualTo("event: board");
      assertThat(told.get(1)).contains("\"keys\":[");
      List<JsonNode> trials = new ArrayList<>();
      for (int i = 0; i < told.size(); i++) {
        if (told.get(i).equals("event: trials")) {
          trials.add(Api.JSON.readTree(told.get(i + 1).substring("data: ".length())));
        }
      }
      assertThat(trials.get(0)).hasSize(2);
      int ended = first.branch().milestones().get(0).trial().number();
      assertThat(trials.get(trials.size() - 1))
          .anySatisfy(row -> assertThat(row.get("outcome").asText()).isEqualTo("completed"));
      assertThat(told).filteredOn("event: end"::equals).hasSize(1);

      JsonNode details = Api.json(api.get(DEMO + "/trials/" + ended + "/details"));
      assertThat(details.get("trial").get("outcome").asText()).isEqualTo("completed");
      assertThat(details.get("configuration").has("per_device_train_batch_size")).isTrue();
      assertThat(Api.json(api.get("/api/v1/session")).get("role").asText()).isEqualTo("admin");
    }
  }

  @Test
  void what_is_journaled_is_read_at_the_flight_door() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN);
        var allocator = new RootAllocator();
        var client =
            FlightClient.builder(allocator, Location.forGrpcInsecure("127.0.0.1", api.flightPort()))
                .build()) {
      api.submit();
      end(worker, api.running(worker));
      end(worker, next(worker));
      var names = new ArrayList<String>();
      try (FlightStream events =
          client.getStream(new Ticket("events/demo-1".getBytes(StandardCharsets.UTF_8)))) {
        while (events.next()) {
          for (int i = 0; i < events.getRoot().getRowCount(); i++) {
            names.add(events.getRoot().getVector("event").getObject(i).toString());
          }
        }
      }
      assertThat(names).startsWith("submitted").contains("planned", "leased");
      assertThat(names).filteredOn("trial-ended"::equals).hasSize(2);
    }
  }

  @Test
  void logs_adapters_and_metrics_are_read_from_the_store() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      Lease lease = api.running(worker);
      int number = lease.branch().milestones().get(0).trial().number();
      String trial = DEMO + "/trials/" + number;
      assertThat(api.get(trial + "/log").statusCode()).isEqualTo(404);
      assertThat(api.get(trial + "/adapter").body()).contains("it has not ended");

      Path attempt =
          Path.of(lease.sweepDirectory(), "branches", lease.branch().id().toString())
              .resolve(lease.attempt().toString());
      Files.createDirectories(attempt);
      Files.writeString(attempt.resolve("trial.log"), "began\n");
      assertThat(api.get(trial + "/log").body()).isEqualTo("began\n");
      Path later = Files.createDirectories(attempt.resolveSibling("10-1"));
      Files.writeString(later.resolve("trial.log"), "again 小枝\n");
      assertThat(api.get(trial + "/log").body())
          .isEqualTo(
              "== attempt %s ==\nbegan\n== attempt 10-1 ==\nagain 小枝\n".formatted(lease.attempt()));

      Path adapter = Path.of(lease.sweepDirectory(), "branches/%d/1-1/adapter".formatted(number));
      Files.createDirectories(adapter);
      Files.writeString(adapter.resolve("adapter_config.json"), "{}");
      String asked =
          "{\"set\":\"eval\",\"prompt\":\"who?\",\"reference\":\"me\",\"answer\":\"%s\"}\n";
      Files.writeString(
          Path.of(lease.sweepDirectory()).resolve("base-answers.jsonl"), asked.formatted("you"));
      end(worker, lease);
      await().until(() -> api.get(trial + "/adapter").statusCode() == 200);
      assertThat(Api.json(api.get(trial + "/answers"))).isEmpty();
      Path answers = Files.writeString(adapter.resolve("answers.jsonl"), asked.formatted("me"));
      JsonNode shown = Api.json(api.get(trial + "/answers")).get(0);
      assertThat(shown.get("before").asText()).isEqualTo("you");
      assertThat(shown.get("after").asText()).isEqualTo("me");
      Files.delete(answers);
      JsonNode files = Api.json(api.get(trial + "/adapter"));
      assertThat(files).hasSize(1);
      assertThat(files.get(0).get("name").asText()).isEqualTo("adapter_config.json");
      assertThat(files.get(0).get("bytes").asInt()).isEqualTo(2);
      assertThat(api.get(trial + "/adapter/adapter_config.json").body()).isEqualTo("{}");
      for (String path : List.of("..", "%2e%2e", "..%2ftrial.log", "%2e%2e%2ftrial.log", "x")) {
        HttpResponse<String> answer = api.get(trial + "/adapter/" + path);
        assertThat(answer.statusCode()).as(path).isEqualTo(404);
        assertThat(answer.body()).doesNotContain("began");
      }

      HttpResponse<String> csv = api.get(DEMO + "/metrics?format=csv");
      assertThat(csv.headers().firstValue("Content-Type")).contains("text/csv; charset=UTF-8");
      assertThat(csv.body()).startsWith("trial,sweep,branch,");
      assertThat(api.get(DEMO + "/metrics?format=jsonl").statusCode()).isEqualTo(200);
      assertThat(api.get(DEMO + "/metrics?format=arrow").body()).startsWith("ARROW1");
    }
  }
}
