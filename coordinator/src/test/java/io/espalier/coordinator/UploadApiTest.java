package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.common.protocol.ToWorker;
import io.espalier.common.spec.RowSource;
import io.espalier.coordinator.sweep.Examples;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Data sets that a submission brings along. */
class UploadApiTest {
  private static final byte[] ROWS =
      "{\"query\": \"a\", \"response\": \"b\"}\n".getBytes(StandardCharsets.UTF_8);

  @TempDir Path store;

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static int look(Api api, String sha256) throws Exception {
    return api.send(
            api.request("/api/v1/files/" + sha256)
                .method("HEAD", HttpRequest.BodyPublishers.noBody()))
        .statusCode();
  }

  @Test
  void an_uploaded_file_is_what_the_worker_is_told_to_read() throws Exception {
    String sha256 = sha256(ROWS);
    Path kept = store.resolve("files").resolve(sha256);
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      assertThat(look(api, sha256)).isEqualTo(404);
      Map<String, String> files = Map.of("train.jsonl", sha256);
      HttpResponse<String> early = api.send(api.submission(Api.SPEC, files));
      assertThat(early.statusCode()).isEqualTo(409);
      assertThat(early.body()).contains("PUT /api/v1/files/" + sha256);

      assertThat(api.put("/api/v1/files/" + sha256, ROWS).statusCode()).isEqualTo(201);
      assertThat(api.put("/api/v1/files/" + sha256, ROWS).statusCode()).isEqualTo(200);
      assertThat(look(api, sha256)).isEqualTo(200);
      assertThat(kept).hasBinaryContent(ROWS);

      HttpResponse<String> submitted = api.send(api.submission(Api.SPEC, files));
      assertThat(submitted.statusCode()).as(submitted.body()).isEqualTo(201);
      worker.register(1);
      worker.offer(1);
      ToWorker.Prepare task = worker.expect(ToWorker.Prepare.class);
      assertThat(task.settings().dataset().train())
          .containsExactly(RowSource.parse(kept.toString()));
      assertThat(task.settings().model()).isEqualTo("/specs/model");
    }
    try (Api api = Api.on(store);
        ScriptedWorker worker = api.join(Examples.ANN)) {
      worker.register(1);
      ToWorker.Prepare task = worker.expect(ToWorker.Prepare.class);
      assertThat(task.settings().dataset().train())
          .containsExactly(RowSource.parse(kept.toString()));
      worker.preparationFailed(task.sweep(), kept + ":1: not JSON");
      await().until(() -> api.get("/api/v1/sweeps/demo-1").body().contains("FAILED"));
      assertThat(Api.json(api.get("/api/v1/sweeps/demo-1")).get("problem").asText())
          .isEqualTo("train.jsonl:1: not JSON");
    }
  }

  @Test
  void content_that_differs_from_its_name_is_not_kept() throws Exception {
    String other = sha256("other".getBytes(StandardCharsets.UTF_8));
    try (Api api = Api.on(store)) {
      HttpResponse<String> answer = api.put("/api/v1/files/" + other, ROWS);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains(sha256(ROWS), "Upload it again");
      assertThat(api.put("/api/v1/files/abc", ROWS).statusCode()).isEqualTo(400);
      byte[] large = new byte[(64 << 20) + 1];
      HttpResponse<String> refused = api.put("/api/v1/files/" + sha256(large), large);
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(refused.body()).contains("at most 67,108,864");
      try (Stream<Path> kept = Files.list(store.resolve("files"))) {
        assertThat(kept).isEmpty();
      }
    }
  }

  @Test
  void a_file_that_the_specification_does_not_name_is_a_mistake() throws Exception {
    String sha256 = sha256(ROWS);
    try (Api api = Api.on(store)) {
      api.put("/api/v1/files/" + sha256, ROWS);
      HttpResponse<String> answer =
          api.send(api.submission(Api.SPEC, Map.of("trian.jsonl", sha256)));
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).contains("trian.jsonl");
    }
  }
}
