package io.espalier.deploy.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import io.espalier.common.spec.SpecReader;
import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.Coordinator;
import io.espalier.coordinator.CoordinatorConfig;
import io.espalier.coordinator.report.SweepView;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedClusterTest {
  private static final String SPEC =
      """
      name: demo
      model: model
      dataset: {train: train.jsonl}
      search: {space: {learning_rate: [1e-3, 1e-4]}}
      """;

  @TempDir Path folder;

  private Coordinator coordinator() {
    return Coordinator.start(CoordinatorConfig.embedded(folder.resolve("store")));
  }

  private static SweepView view(Coordinator coordinator, String sweep) throws Exception {
    return coordinator.view(new SweepId(sweep)).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static void submitOverHttp(Coordinator coordinator) throws Exception {
    String body =
        new ObjectMapper()
            .writeValueAsString(
                Map.of("spec", SPEC, "source", "a", "directory", "/specs", "files", Map.of()));
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%d/api/v1/sweeps".formatted(coordinator.httpPort())))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).contains("demo-1");
  }

  @Test
  void the_sweeps_of_a_coordinator_that_is_down_are_left_to_it() throws Exception {
    try (Coordinator coordinator = coordinator()) {
      submitOverHttp(coordinator);
    }
    assertThatThrownBy(
            () ->
                EmbeddedCluster.start(
                    folder.resolve("store"),
                    0,
                    Optional.empty(),
                    DeviceName.CPU,
                    1,
                    LaneSlots.of(1)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("demo-1")
        .hasMessageContaining("espalier coordinator --store")
        .hasMessageContaining("another store");
    try (Coordinator coordinator = coordinator()) {
      assertThat(view(coordinator, "demo-1").state().ended()).isFalse();
    }
  }

  @Test
  void a_sweep_whose_own_process_was_killed_is_stopped() throws Exception {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/config.json"), "{}");
    Files.writeString(folder.resolve("train.jsonl"), "{\"query\": \"a\", \"response\": \"b\"}\n");
    try (Coordinator coordinator = coordinator()) {
      coordinator
          .submit(SpecReader.parse(SPEC, folder, "demo.yaml"), SPEC, folder)
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
    }
    try (EmbeddedCluster cluster =
        EmbeddedCluster.start(
            folder.resolve("store"), 0, Optional.empty(), DeviceName.CPU, 1, LaneSlots.of(1))) {
      assertThat(cluster.stopped()).containsExactly(new SweepId("demo-1"));
    }
    try (Coordinator coordinator = coordinator()) {
      assertThat(view(coordinator, "demo-1").state()).isEqualTo(SweepView.State.STOPPED);
    }
  }
}
