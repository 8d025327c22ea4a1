package io.espalier.coordinator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.protocol.Lease;
import io.espalier.common.protocol.ToWorker;
import io.espalier.common.protocol.WorkerId;
import io.espalier.coordinator.sweep.Examples;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.pekko.actor.Address;

/** A coordinator and a client of its HTTP port. */
final class Api implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /** Names a model and data that are nowhere on this host. */
  static final String SPEC =
      """
      name: demo
      model: model
      dataset: {train: train.jsonl}
      search: {space: {learning_rate: [1e-3, 1e-4]}}
      """;

  private final Coordinator coordinator;
  private final HttpClient client = HttpClient.newHttpClient();

  private Api(Coordinator coordinator) {
    this.coordinator = coordinator;
  }

  static Api on(Path store) {
    return new Api(Coordinator.start(CoordinatorConfig.embedded(store)));
  }

  int flightPort() {
    return coordinator.flightPort();
  }

  int port() {
    return coordinator.httpPort();
  }

  ScriptedWorker join(WorkerId worker) throws Exception {
    String[] address = coordinator.clusterAddress().split(":");
    return ScriptedWorker.join(
        new Address("pekko", "espalier", address[0], Integer.parseInt(address[1])), worker);
  }

  /** Submitted, read by a worker with one slot, the first branch leased to it. */
  Lease running(ScriptedWorker worker) throws Exception {
    worker.register(1);
    worker.offer(1);
    ToWorker.Prepare task = worker.expect(ToWorker.Prepare.class);
    worker.prepared(task.sweep(), Examples.DATASET);
    worker.offer(1);
    return worker.expect(ToWorker.Grant.class).lease();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
        .timeout(Duration.ofSeconds(50));
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws Exception {
    return send(request(path));
  }

  HttpResponse<String> post(String path, String json) throws Exception {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  HttpResponse<String> put(String path, byte[] bytes) throws Exception {
    return send(request(path).PUT(HttpRequest.BodyPublishers.ofByteArray(bytes)));
  }

  HttpRequest.Builder submission(String spec, Map<String, String> files) throws Exception {
    String json =
        JSON.writeValueAsString(
            Map.of("spec", spec, "source", "demo.yaml", "directory", "/specs", "files", files));
    return request("/api/v1/sweeps")
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(json));
  }

  HttpResponse<String> submit() throws Exception {
    return send(submission(SPEC, Map.of()));
  }

  static JsonNode json(HttpResponse<String> response) throws Exception {
    return JSON.readTree(response.body());
  }

  @Override
  public void close() {
    coordinator.close();
  }
}
