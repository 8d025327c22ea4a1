package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.coordinator.sweep.Examples;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps over the real port of a real coordinator; only the worker follows a script. */
class SweepApiTest {
  private static final String DEMO = "/api/v1/sweeps/demo-1";

  @TempDir Path store;

  private static void end(ScriptedWorker worker, Lease lease, Outcome outcome) throws Exception {
    int trial = lease.branch().milestones().get(0).trial().number();
    worker.ended(lease.key(), 0, Examples.result(trial, outcome));
    worker.expect(ToWorker.ResultAcknowledged.class);
  }

  @Test
  void a_sweep_is_submitted_listed_shown_and_there_after_a_restart() throws Exception {
    try (Api api = Api.on(store)) {
      HttpResponse<String> submitted = api.submit();
      assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
      assertThat(submitted.headers().firstValue("Location")).contains(DEMO);
      assertThat(submitted.body()).isEqualTo("{\"sweep\":\"demo-1\"}\n");
      assertThat(api.submit().body()).contains("demo-2");
    }
    try (Api api = Api.on(store)) {
      JsonNode list = Api.json(api.get("/api/v1/sweeps"));
      assertThat(list.findValuesAsText("id")).containsExactly("demo-1", "demo-2");
      assertThat(list.get(0).get("best").isNull()).isTrue();
      JsonNode view = Api.json(api.get(DEMO));
      assertThat(view.get("state").asText()).isEqualTo("PREPARING");
      assertThat(view.get("ended").isNull()).isTrue();
    }
  }

  @Test
  void a_sweep_is_stopped_once_and_then_says_how_and_when_it_ended() throws Exception {
    try (Api api = Api.on(store)) {
      api.submit();
      HttpResponse<String> stopped = api.post(DEMO + "/stop", "");
      assertThat(stopped.statusCode()).as(stopped.body()).isEqualTo(202);
      assertThat(Api.json(stopped).get("state").asText()).isEqualTo("STOPPED");
      HttpResponse<String> again = api.post(DEMO + "/stop", "");
      assertThat(again.statusCode()).isEqualTo(409);
      assertThat(Api.json(again).get("detail").asText())
          .startsWith("Sweep demo-1 has ended already: it is stopped since 20");
      JsonNode list = Api.json(api.get("/api/v1/sweeps"));
      assertThat(list.get(0).get("state").asText()).isEqualTo("STOPPED");
    }
  }

  @Test
  void a_stopped_trials_worker_is_told_and_the_others_go_on() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      Lease lease = api.running(worker);
      String trial = DEMO + "/trials/" + lease.branch().milestones().get(0).trial();
      HttpResponse<String> stopping = api.post(trial + "/stop", "");
      assertThat(stopping.statusCode()).as(stopping.body()).isEqualTo(202);
      assertThat(Api.json(stopping).get("result").isNull()).isTrue();
      Outcome outcome = worker.expect(ToWorker.StopBranch.class).outcome();
      assertThat(outcome).isEqualTo(new Outcome.Stopped("stopped by its user"));
      end(worker, lease, outcome);
      await().until(() -> !Api.json(api.get(trial)).get("result").isNull());
      HttpResponse<String> late = api.post(trial + "/stop", "");
      assertThat(late.statusCode()).isEqualTo(409);
      assertThat(late.body()).contains("it was stopped after 46 updates");

      String other = DEMO + "/trials/" + (trial.endsWith("0") ? 1 : 0);
      JsonNode waiting = Api.json(api.post(other + "/stop", ""));
      assertThat(waiting.get("result").get("outcome").get("outcome").asText()).isEqualTo("stopped");
      assertThat(Api.json(api.get(DEMO)).get("state").asText()).isEqualTo("COMPLETED");
    }
  }

  @Test
  void a_paused_sweeps_worker_is_told_to_leave_a_checkpoint_and_gets_it_again_afterwards()
      throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      Lease lease = api.running(worker);
      int other = 1 - lease.branch().milestones().get(0).trial().number();
      api.post(DEMO + "/trials/" + other + "/stop", "");
      JsonNode paused = Api.json(api.post(DEMO + "/pause", ""));
      assertThat(paused.get("state").asText()).isEqualTo("PAUSED");
      ToWorker.StopBranch told = worker.expect(ToWorker.StopBranch.class);
      assertThat(told.goesOn()).isTrue();
      var place = new Checkpoint(7, "branches/0/1-1/checkpoints/7");
      worker.rested(lease, 0, place, told.outcome());
      worker.expect(ToWorker.ResultAcknowledged.class);
      worker.offer(1);
      assertThat(Api.json(api.get(DEMO)).get("state").asText()).isEqualTo("PAUSED");

      JsonNode resumed = Api.json(api.post(DEMO + "/resume", ""));

      assertThat(resumed.get("state").asText()).isEqualTo("RUNNING");
      worker.offer(1);
      assertThat(worker.expect(ToWorker.Grant.class).lease().start()).contains(place);
    }
  }

  @Test
  void a_sweep_that_has_ended_is_removed_with_all_its_files_and_its_number_stays_taken()
      throws Exception {
    try (Api api = Api.on(store)) {
      assertThat(submit(api, "one")).contains("demo-1");
      HttpResponse<String> early = api.send(api.request(DEMO).DELETE());
      assertThat(early.statusCode()).as(early.body()).isEqualTo(409);
      assertThat(early.body()).contains("stop it first");
      api.post(DEMO + "/stop", "");
      Path files = store.resolve("sweeps/demo-1");
      await().until(() -> Files.exists(files.resolve("sweep.json")));
      await().until(() -> api.send(api.request(DEMO).DELETE()).statusCode(), code -> code == 200);

      assertThat(files).doesNotExist();
      assertThat(api.get(DEMO).statusCode()).isEqualTo(404);
      assertThat(api.send(api.request(DEMO).DELETE()).statusCode()).isEqualTo(404);
      // As when the disk failed in the middle of it.
      Files.createDirectories(files.resolve("metrics"));
      assertThat(api.send(api.request(DEMO).DELETE()).statusCode()).isEqualTo(200);
      assertThat(files).doesNotExist();
      assertThat(submit(api, "one")).as("its key is free").contains("demo-2");
    }
    assertThat(store.resolve("sweeps/demo-1")).as("nobody wrote it again").doesNotExist();
    try (Api api = Api.on(store)) {
      assertThat(Api.json(api.get("/api/v1/sweeps")).findValuesAsText("id"))
          .containsExactly("demo-2");
      assertThat(api.get(DEMO).statusCode()).isEqualTo(404);
    }
  }

  @Test
  void a_worker_that_fails_three_trials_in_a_row_gets_none_until_it_is_let_out() throws Exception {
    String five = Api.SPEC.replace("1e-4]", "1e-4, 1e-5, 1e-6, 1e-7]");
    try (Api api = Api.on(store);
        ScriptedWorker bob = api.join(Examples.BOB);
        ScriptedWorker ann = api.join(Examples.ANN)) {
      bob.register(1);
      api.send(api.submission(five, Map.of()));
      Lease lease = api.running(ann);
      for (int failures = 1; failures <= 3; failures++) {
        end(ann, lease, new Outcome.Failed("no device"));
        if (failures < 3) {
          ann.offer(1);
          lease = ann.expect(ToWorker.Grant.class).lease();
        }
      }
      await().until(() -> !worker(api, Examples.ANN).get("quarantine").isNull());
      JsonNode quarantine = worker(api, Examples.ANN).get("quarantine");
      assertThat(quarantine.get("reason").asText())
          .isEqualTo("3 branches failed in a row, the last: no device");
      ann.offer(1);
      bob.offer(1);
      end(bob, bob.expect(ToWorker.Grant.class).lease(), new Outcome.Completed());
      assertThat(worker(api, Examples.ANN).get("holding")).isEmpty();

      api.post("/api/v1/workers/%s/release".formatted(Examples.ANN), "");

      assertThat(worker(api, Examples.ANN).get("quarantine").isNull()).isTrue();
      ann.offer(1);
      ann.expect(ToWorker.Grant.class);
    }
  }

  private static JsonNode worker(Api api, WorkerId id) throws Exception {
    for (JsonNode worker : Api.json(api.get("/api/v1/workers"))) {
      if (worker.get("id").asText().equals(id.value())) {
        return worker;
      }
    }
    throw new AssertionError("no worker " + id);
  }

  @Test
  void only_a_worker_that_is_there_can_be_let_out_of_its_quarantine() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      worker.register(1);
      JsonNode released =
          Api.json(api.post("/api/v1/workers/%s/release".formatted(Examples.ANN), ""));
      assertThat(released.get("quarantine").isNull()).isTrue();
      HttpResponse<String> unknown = api.post("/api/v1/workers/nobody/release", "");
      assertThat(unknown.statusCode()).isEqualTo(404);
      assertThat(unknown.body()).contains("There is no worker nobody");
    }
  }

  @Test
  void ratings_are_metrics_of_the_trial_also_after_its_end_and_a_restart() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      api.submit();
      Lease first = api.running(worker);
      end(worker, first, new Outcome.Completed());
      worker.offer(1);
      end(worker, worker.expect(ToWorker.Grant.class).lease(), new Outcome.Completed());
      await().until(() -> Api.json(api.get(DEMO)).get("state").asText().equals("COMPLETED"));
      rate(api, 0.7);
      JsonNode rated = Api.json(rate(api, 0.8));
      assertThat(rated.at("/result/metrics/human_pass_rate").asDouble()).isEqualTo(0.8);
      assertThat(rated.at("/result/metrics/eval_loss").asDouble()).isEqualTo(0.25);
      JsonNode best = Api.json(api.get("/api/v1/sweeps")).get(0).get("best");
      assertThat(best.get("metric").asText()).isEqualTo("train_loss");
    }
    try (Api api = Api.on(store)) {
      JsonNode trial = Api.json(api.get(DEMO + "/trials/0"));
      assertThat(trial.at("/result/metrics/human_pass_rate").asDouble()).isEqualTo(0.8);
    }
  }

  private static HttpResponse<String> rate(Api api, double value) throws Exception {
    HttpResponse<String> answer =
        api.post(
            DEMO + "/trials/0/ratings",
            "{\"metric\": \"human_pass_rate\", \"value\": %s, \"count\": 50}".formatted(value));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer;
  }

  @Test
  void a_repeated_key_answers_the_same_sweep_also_after_a_restart() throws Exception {
    try (Api api = Api.on(store)) {
      assertThat(submit(api, "one")).contains("demo-1");
      assertThat(submit(api, "one")).contains("demo-1");
      assertThat(submit(api, "two")).contains("demo-2");
    }
    try (Api api = Api.on(store)) {
      assertThat(submit(api, "one")).contains("demo-1");
      assertThat(Api.json(api.get("/api/v1/sweeps"))).hasSize(2);
    }
  }

  private static String submit(Api api, String key) throws Exception {
    HttpResponse<String> answer =
        api.send(api.submission(Api.SPEC, Map.of()).header("Idempotency-Key", key));
    assertThat(answer.statusCode()).isEqualTo(201);
    return answer.body();
  }

  @Test
  void submissions_at_the_same_time_get_numbers_of_their_own() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(8);
    try (Api api = Api.on(store)) {
      List<Callable<String>> calls =
          IntStream.range(0, 24)
              .<Callable<String>>mapToObj(i -> () -> api.submit().body())
              .toList();
      Set<String> sweeps = new HashSet<>();
      for (Future<String> answer : clients.invokeAll(calls)) {
        sweeps.add(answer.get());
      }
      assertThat(sweeps).hasSize(24);
      assertThat(Api.json(api.get("/api/v1/sweeps"))).hasSize(24);
    } finally {
      clients.shutdownNow();
    }
  }

  @Test
  void workers_are_listed_with_what_they_hold() throws Exception {
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      assertThat(api.get("/api/v1/workers").body()).isEqualTo("[]\n");
      api.submit();
      Lease lease = api.running(worker);
      JsonNode ann = Api.json(api.get("/api/v1/workers")).get(0);
      assertThat(ann.get("id").asText()).isEqualTo("ann-cpu-1");
      assertThat(ann.get("host").asText()).isEqualTo("localhost");
      assertThat(ann.get("connected").asBoolean()).isTrue();
      assertThat(ann.get("slots").asInt()).isEqualTo(1);
      assertThat(ann.get("free").asInt()).isZero();
      assertThat(ann.get("holding").get(0).asText()).isEqualTo(lease.key().toString());
      assertThat(ann.get("heard").asText()).startsWith("20");
    }
  }
}
