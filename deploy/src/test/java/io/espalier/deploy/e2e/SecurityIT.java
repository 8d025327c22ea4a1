package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.common.metrics.MetricRowCodec;
import io.espalier.common.tls.NodeCertificates;
import io.espalier.coordinator.access.Role;
import io.espalier.coordinator.access.Tokens;
import io.espalier.deploy.certs.DevelopmentAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.arrow.flight.AsyncPutListener;
import org.apache.arrow.flight.CallOption;
import org.apache.arrow.flight.Criteria;
import org.apache.arrow.flight.FlightCallHeaders;
import org.apache.arrow.flight.FlightClient;
import org.apache.arrow.flight.FlightDescriptor;
import org.apache.arrow.flight.FlightRuntimeException;
import org.apache.arrow.flight.FlightStatusCode;
import org.apache.arrow.flight.FlightStream;
import org.apache.arrow.flight.HeaderCallOption;
import org.apache.arrow.flight.Location;
import org.apache.arrow.flight.Ticket;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster with certificates and tokens, as its users see it and as an attacker would try it. */
class SecurityIT {
  private static final Duration A_MINUTE = Duration.ofMinutes(1);
  private static final Pattern STARTED =
      Pattern.compile("HTTP (https://\\S+), Flight \\S+:(\\d+), cluster (\\S+),");
  private static final long A_GIGABYTE = 1L << 30;
  private static final Ticket TRIALS = new Ticket("trials/tiny-1".getBytes(StandardCharsets.UTF_8));

  @TempDir Path directory;
  private TinySweep tiny;
  private Path node;
  private Path foreign;
  private String admin = "";
  private String operator = "";
  private String viewer = "";
  private final List<Launcher.Running> running = new ArrayList<>();
  private String url = "";
  private int flight;
  private String cluster = "";

  @BeforeEach
  void start() {
    tiny = TinySweep.in(directory);
    Duration year = Duration.ofDays(365);
    node =
        DevelopmentAuthority.in(directory.resolve("certs"), Clock.systemUTC())
            .issue("127.0.0.1", year);
    foreign =
        DevelopmentAuthority.in(directory.resolve("foreign"), Clock.systemUTC())
            .issue("127.0.0.1", year);
    Path tokens = directory.resolve("tokens");
    admin = Tokens.add(tokens, "root", Role.ADMIN);
    operator = Tokens.add(tokens, "ann", Role.OPERATOR);
    viewer = Tokens.add(tokens, "bob", Role.VIEWER);
    Launcher.Running coordinator =
        launch(
            "coordinator",
            "--store=store",
            "--http-port=0",
            "--flight-port=0",
            "--cluster-port=0",
            "--certificates=" + node,
            "--tokens=" + tokens);
    await()
        .atMost(A_MINUTE)
        .until(() -> !coordinator.alive() || STARTED.matcher(coordinator.out()).find());
    Matcher started = STARTED.matcher(coordinator.out());
    assertThat(started.find()).as(coordinator.err()).isTrue();
    url = started.group(1);
    flight = Integer.parseInt(started.group(2));
    cluster = started.group(3);
  }

  @AfterEach
  void end() {
    running.forEach(Launcher.Running::close);
  }

  @Test
  void nodes_with_certificates_and_clients_with_tokens_run_a_sweep_and_nobody_else_does_anything()
      throws Exception {
    // They try for as long as the sweep takes.
    Launcher.Running open = worker("open", List.of());
    Launcher.Running stranger = worker("stranger", List.of("--certificates=" + foreign));
    worker("own", List.of("--certificates=" + node, "--data-root=" + directory.resolve("model")));

    Launcher.Ended swept =
        client(operator, "submit", tiny.grid("tiny", "1e-3").toString(), "--wait");

    assertThat(swept.exitCode()).as(swept.out() + swept.err()).isZero();
    assertThat(get("/api/v1/workers", viewer).body().split("\"id\":", -1)).hasSize(2);
    assertThat(open.alive()).as(open.err()).isTrue();
    assertThat(stranger.alive()).as(stranger.err()).isTrue();

    assertThat(client(viewer, "stop", "tiny-1").err()).contains("takes the role operator");
    assertThat(client(operator, "rm", "tiny-1").err()).contains("takes the role admin");
    for (String spelled : List.of("workers", "%77orkers")) {
      String release = "/api/v1/" + spelled + "/own/release";
      assertThat(
              send(release, request(release, operator).POST(BodyPublishers.noBody())).statusCode())
          .as(release)
          .isEqualTo(403);
    }
    whoeverHasATokenReadsAtTheFlightDoor(viewer);
    assertThat(client("esp_guessed", "ls").err()).contains("ESPALIER_TOKEN");
    assertThat(traversals("tiny-1")).allMatch(status -> status >= 400 && status < 500);
    theStoreAndTheDataAreAllThatIsRead();
    Launcher.Ended removed = client(admin, "rm", "tiny-1");
    assertThat(removed.exitCode()).as(removed.err()).isZero();
    assertThat(open.err() + stranger.err()).contains("certificate");

    assertThat(log())
        .contains("127.0.0.1 ann POST /api/v1/sweeps 201")
        .contains("127.0.0.1 bob POST /api/v1/sweeps/tiny-1/stop 403")
        .contains("127.0.0.1 - GET /api/v1/sweeps 401")
        .contains("127.0.0.1 bob Flight DoGet")
        .contains("127.0.0.1 root DELETE /api/v1/sweeps/tiny-1 200")
        .doesNotContain(operator)
        .doesNotContain("esp_");
    running.forEach(Launcher.Running::close);
    running.get(0).await();
    assertThat(journal()).contains("asked").contains("submit").contains("ann").contains("root");
  }

  @Test
  void what_an_attacker_asks_is_refused_in_bounded_time_and_memory() throws Exception {
    for (String path : List.of("/api/v1/sweeps", "/api/v1/sweeps/tiny-1/metrics", "/metrics")) {
      HttpResponse<String> answer = get(path, "");
      assertThat(answer.statusCode()).as(path).isEqualTo(401);
      assertThat(answer.body()).doesNotContain("tiny").doesNotContain("espalier_");
      assertThat(get(path, "esp_guessed").statusCode()).as(path).isEqualTo(401);
    }
    assertThat(get("/alive", "").statusCode()).isEqualTo(200);
    assertThat(get("/metrics", viewer).body()).contains("espalier_");
    flightIsClosedTo(List.of());
    flightIsClosedTo(List.of(foreign));

    assertThat(large(viewer)).isIn(403, 413, -1);
    assertThat(large(operator)).isIn(413, -1);
    assertThat(large("")).isIn(401, 413, -1);
    assertThat(get("/api/v1/sweeps", viewer).statusCode()).isEqualTo(200);
  }

  @Test
  void beyond_loopback_it_starts_with_both_or_when_told_so() {
    Launcher.Ended half =
        InProcess.run(
            "coordinator", "--store=" + tiny.store(), "--bind=0.0.0.0", "--certificates=" + node);
    assertThat(half.exitCode()).isEqualTo(1);
    assertThat(half.err()).contains("--tokens FILE").contains("--insecure");
    Launcher.Ended missing =
        InProcess.run("worker", "--coordinator-hosts=" + cluster, "--certificates=" + directory);
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("there is no file").contains("tls.crt");
  }

  /** A worker would read any file for whoever may submit a specification. */
  private void theStoreAndTheDataAreAllThatIsRead() {
    Path spec =
        tiny.write(
            "curious.yaml",
            TinySweep.yaml("curious", "method: grid", "learning_rate: [1e-3]")
                .replace("rows.jsonl", "/etc/passwd"));
    Launcher.Ended curious = client(operator, "submit", spec.toString(), "--no-upload", "--wait");
    assertThat(curious.exitCode()).as(curious.out() + curious.err()).isEqualTo(1);
    assertThat(curious.out() + curious.err())
        .contains("/etc/passwd may not be read by this worker")
        .doesNotContain("root:");
  }

  /** The statuses of downloads and uploads whose names lead elsewhere. */
  private List<Integer> traversals(String sweep) {
    String trial = "/api/v1/sweeps/%s/trials/0".formatted(sweep);
    return Stream.of(
            trial + "/adapter/..%2f..%2f..%2fsweep.json",
            trial + "/adapter/%2e%2e/%2e%2e/sweep.json",
            trial + "/adapter/%00",
            "/api/v1/sweeps/..%2f..%2ftokens",
            "/api/v1/sweeps/..",
            "/api/v1/files/..%2f..%2ftokens")
        .map(path -> get(path, operator).statusCode())
        .toList();
  }

  private void flightIsClosedTo(List<Path> certificates) throws Exception {
    try (BufferAllocator allocator = new RootAllocator()) {
      for (boolean tls : new boolean[] {false, true}) {
        try (FlightClient client = flight(allocator, tls, certificates);
            VectorSchemaRoot rows = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator)) {
          assertThatThrownBy(
                  () -> {
                    var answers = new AsyncPutListener();
                    client
                        .startPut(FlightDescriptor.path("metrics", "w"), rows, answers)
                        .completed();
                    answers.getResult();
                  })
              .isInstanceOf(FlightRuntimeException.class);
          List<CallOption> guesses =
              List.of(bearer("esp_guessed"), new HeaderCallOption(new FlightCallHeaders()));
          for (CallOption guess : guesses) {
            assertThatThrownBy(() -> client.getStream(TRIALS, guess).next())
                .isInstanceOfSatisfying(FlightRuntimeException.class, SecurityIT::saysNothing);
            assertThatThrownBy(() -> client.listFlights(Criteria.ALL, guess).iterator().next())
                .isInstanceOfSatisfying(FlightRuntimeException.class, SecurityIT::saysNothing);
          }
        }
      }
    }
  }

  private static void saysNothing(FlightRuntimeException refusal) {
    assertThat(refusal.status().code())
        .isIn(FlightStatusCode.UNAUTHENTICATED, FlightStatusCode.UNAVAILABLE);
  }

  private static CallOption bearer(String token) {
    var headers = new FlightCallHeaders();
    headers.insert("authorization", "Bearer " + token);
    return new HeaderCallOption(headers);
  }

  /** A reader needs no certificate, and its token lets it write nothing. */
  private void whoeverHasATokenReadsAtTheFlightDoor(String token) throws Exception {
    try (BufferAllocator allocator = new RootAllocator();
        FlightClient client = flight(allocator, true, List.of());
        VectorSchemaRoot rows = VectorSchemaRoot.create(MetricRowCodec.SCHEMA, allocator)) {
      try (FlightStream trials = client.getStream(TRIALS, bearer(token))) {
        assertThat(trials.next()).isTrue();
        assertThat(trials.getRoot().getVector("outcome").getObject(0)).hasToString("completed");
      }
      assertThatThrownBy(
              () -> {
                var answers = new AsyncPutListener();
                client
                    .startPut(FlightDescriptor.path("metrics", "w"), rows, answers, bearer(token))
                    .completed();
                answers.getResult();
              })
          .isInstanceOfSatisfying(FlightRuntimeException.class, SecurityIT::saysNothing);
    }
  }

  private FlightClient flight(BufferAllocator allocator, boolean tls, List<Path> certificates)
      throws IOException {
    Location location =
        tls
            ? Location.forGrpcTls("127.0.0.1", flight)
            : Location.forGrpcInsecure("127.0.0.1", flight);
    FlightClient.Builder builder = FlightClient.builder(allocator, location);
    if (!tls) {
      return builder.build();
    }
    try (InputStream authority = Files.newInputStream(node.resolve(NodeCertificates.AUTHORITY))) {
      builder.useTls().trustedCertificates(authority);
      for (Path own : certificates) {
        builder.clientCertificate(
            Files.newInputStream(own.resolve(NodeCertificates.CERTIFICATE)),
            Files.newInputStream(own.resolve(NodeCertificates.KEY)));
      }
      return builder.build();
    }
  }

  /** The status of a specification of a gigabyte; -1 when the connection was cut instead. */
  private int large(String token) throws Exception {
    byte[] part = new byte[1 << 20];
    HttpRequest.Builder request =
        request("/api/v1/sweeps", token)
            .header("Content-Type", "application/json")
            .POST(
                BodyPublishers.ofByteArrays(
                    () -> Stream.generate(() -> part).limit(A_GIGABYTE / part.length).iterator()));
    try {
      return trusting().send(request.build(), BodyHandlers.ofString()).statusCode();
    } catch (IOException cut) {
      return -1;
    }
  }

  private HttpResponse<String> get(String path, String token) {
    return send(path, request(path, token).GET());
  }

  private HttpResponse<String> send(String path, HttpRequest.Builder request) {
    try {
      return trusting().send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(path, e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private HttpClient trusting() {
    try (NodeCertificates certificates = NodeCertificates.in(node)) {
      return HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .sslContext(certificates.context())
          .build();
    }
  }

  private HttpRequest.Builder request(String path, String token) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).timeout(A_MINUTE);
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private Launcher.Running worker(String name, List<String> options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "worker",
                "--coordinator-hosts=" + cluster,
                "--lanes=1",
                "--slots=1",
                "--spool=spool-" + name));
    arguments.addAll(options);
    return launch(arguments.toArray(String[]::new));
  }

  private Launcher.Running launch(String... arguments) {
    Launcher.Running started = Launcher.start(directory, arguments);
    running.add(started);
    return started;
  }

  private Launcher.Ended client(String token, String... arguments) {
    Map<String, String> environment =
        Map.of(
            "ESPALIER_URL",
            url,
            "ESPALIER_TOKEN",
            token,
            "ESPALIER_CA",
            node.resolve(NodeCertificates.AUTHORITY).toString());
    try (Launcher.Running ran = Launcher.start(directory, List.of(), environment, arguments)) {
      return ran.await();
    }
  }

  /** All that is written there, as far as it is text. */
  private String journal() throws SQLException {
    StringBuilder text = new StringBuilder();
    try (Connection opened =
            DriverManager.getConnection(
                "jdbc:h2:file:" + tiny.store().resolve("journal/espalier").toAbsolutePath());
        Statement query = opened.createStatement();
        ResultSet events = query.executeQuery("SELECT \"event_payload\" FROM \"event_journal\"")) {
      while (events.next()) {
        text.append(new String(events.getBytes(1), StandardCharsets.ISO_8859_1)).append('\n');
      }
    }
    return text.toString();
  }

  private String log() throws IOException {
    try (Stream<Path> logs = Files.list(tiny.store().resolve("logs"))) {
      StringBuilder text = new StringBuilder();
      for (Path log : logs.toList()) {
        text.append(Files.readString(log));
      }
      return text.toString();
    }
  }
}
