package io.espalier.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is sent, the answer is a problem that says what to do, and the sweep there stays. */
class HostileRequestsTest {
  private static final String SWEEPS = "/api/v1/sweeps";
  private static final String DEMO = SWEEPS + "/demo-1";

  @TempDir static Path store;
  private static Api api;
  private static String before;

  @BeforeAll
  static void start() throws Exception {
    api = Api.on(store.resolve("store"));
    Files.writeString(store.resolve("secret.txt"), "secret");
    api.submit();
    before = api.get(DEMO).body();
  }

  @AfterEach
  void the_sweep_is_as_it_was() throws Exception {
    assertThat(api.get(DEMO).body()).isEqualTo(before);
    assertThat(Api.json(api.get(SWEEPS))).hasSize(1);
  }

  @AfterAll
  static void and_is_read_again_from_the_journal() throws Exception {
    api.close();
    try (Api again = Api.on(store.resolve("store"))) {
      assertThat(again.get(DEMO).body()).isEqualTo(before);
    }
  }

  private static String problem(HttpResponse<String> answer, int status) throws Exception {
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    return detail(answer.body(), status);
  }

  private static String detail(String body, int status) throws Exception {
    JsonNode problem = Api.JSON.readTree(body);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.fieldNames()).toIterable().contains("type", "title", "detail");
    assertThat(body)
        .doesNotContain("Exception", "java.", "io.espalier", "org.apache", "com.fasterxml")
        .doesNotContain("\\tat ", "`", "scala");
    return problem.get("detail").asText();
  }

  @Test
  void another_web_page_cannot_ask_in_its_readers_name() throws Exception {
    HttpRequest.Builder stop =
        api.request(DEMO + "/stop").POST(HttpRequest.BodyPublishers.noBody());
    assertThat(problem(api.send(stop.header("Origin", "https://elsewhere.example")), 403))
        .contains("https://elsewhere.example");
  }

  /** A page whose name's address became this machine's is of one origin with what it asks. */
  @Test
  void a_web_page_under_another_name_for_this_machine_cannot_ask_either() throws Exception {
    String asked = "GET /api/v1/sweeps HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n";
    String fromPage = "Sec-Fetch-Site: same-origin\r\n";
    assertThat(raw(asked.formatted("evil.example:8350", fromPage)))
        .startsWith("HTTP/1.1 403")
        .contains("evil.example");
    assertThat(raw(asked.formatted("evil.example", "Origin: http://evil.example\r\n")))
        .startsWith("HTTP/1.1 403");
    for (String own : List.of("127.0.0.1:8350", "localhost", "[::1]:8350")) {
      assertThat(raw(asked.formatted(own, fromPage))).as(own).startsWith("HTTP/1.1 200");
    }
    assertThat(raw(asked.formatted("an-alias", ""))).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET /api/v1/sweeps HTTP/9.9\r\n\r\n",
        "BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/sweeps HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/sweeps HTTP/1.1\r\nno colon\r\n\r\n",
        "\u0016\u0003\u0001\u0002 TLS\r\n\r\n",
      })
  void what_is_no_http_is_answered_with_a_problem(String request) throws Exception {
    String answer = raw(request);
    assertThat(answer).startsWith("HTTP/1.1 ").contains("application/problem+json");
    int status = Integer.parseInt(answer.substring(9, 12));
    assertThat(status).isGreaterThanOrEqualTo(400);
    detail(answer.substring(answer.indexOf("\r\n\r\n") + 4), status);
  }

  @Test
  void an_address_without_end_is_refused() throws Exception {
    String answer = raw("GET /" + "a".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 414");
    detail(answer.substring(answer.indexOf("\r\n\r\n") + 4), 414);
  }

  private static String raw(String request) throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), api.port())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                                                  | it is no object",
        "{                                                   | it is no",
        "[]                                                  | it is no",
        "null                                                | it is null",
        "\"text\"                                            | it is no",
        "{\"source\": \"a\", \"directory\": \"/a\"}          | 'spec' is missing",
        "{\"spec\": {}, \"source\": \"a\", \"directory\": \"/\"} | 'spec' is missing or no such value",
        "{\"spec\": \"\", \"source\": \"a\", \"directory\": \"/\", \"extra\": 1} | 'extra' is no key",
        "{\"spec\": \"a: 1\", \"source\": \"a.yaml\", \"directory\": \"a\"} | 'a' is relative",
        "{\"spec\": \"a: 1\", \"source\": \"a.yaml\", \"directory\": \"/a\\u0000\"} | is no path",
        "{\"spec\": \"a: [1\", \"source\": \"a.yaml\", \"directory\": \"/a\"} | a.yaml:1: is not YAML",
        "{\"spec\": \"- 1\", \"source\": \"a.yaml\", \"directory\": \"/a\"} | a.yaml:1: holds no keys",
        "{\"spec\": \"nmae: x\", \"source\": \"a.yaml\", \"directory\": \"/a\"} | a.yaml:1: nmae",
      })
  void a_body_that_is_no_submission_is_refused(String body, String why) throws Exception {
    assertThat(problem(api.post(SWEEPS, body), 400)).contains(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}                                       | 'values' is missing",
        "{\"values\": {}}                         | There are no values to try",
        "{\"values\": {\"seed\": [null]}}           | seed: null is not a whole number",
        "{\"values\": {\"seed\": 7}}                | 'values.seed' is missing or no such value",
        "{\"values\": {\"seed\": []}}             | seed has no value",
        "{\"values\": {\"seed\": [\"x\"]}}        | seed: x is not a whole number",
        "{\"values\": {\"sed\": [\"7\"]}}         | did you mean seed?",
        "{\"values\": {\"seed\": [\"7\"]}}        | demo-1 has no trials that could be extended",
      })
  void a_body_that_is_no_extension_is_refused(String body, String why) throws Exception {
    assertThat(problem(api.post(DEMO + "/extend", body), 400)).contains(why);
  }

  @Test
  void brackets_without_end_are_refused_as_yaml_and_as_json() throws Exception {
    String deep = "[".repeat(200_000);
    assertThat(problem(api.send(api.submission("a: " + deep, Map.of())), 400)).contains("nested");
    assertThat(problem(api.post(SWEEPS, deep), 400)).contains("it is no");
  }

  @Test
  void a_specification_of_ten_megabytes_is_refused_with_its_size() throws Exception {
    String large = "#".repeat(10 << 20);
    assertThat(problem(api.send(api.submission(large, Map.of())), 413))
        .contains("10,485,", "at most 1,048,576", "/api/v1/files");
  }

  @Test
  void a_body_that_does_not_say_its_size_is_cut_off() throws Exception {
    byte[] large = new byte[10 << 20];
    HttpRequest.Builder chunked =
        api.request(SWEEPS)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofByteArray(large)));
    assertThat(problem(api.send(chunked), 413)).contains("at most 1,048,576");
  }

  @Test
  void a_body_of_another_type_is_refused() throws Exception {
    HttpRequest.Builder yaml =
        api.request(SWEEPS)
            .header("Content-Type", "application/yaml")
            .POST(HttpRequest.BodyPublishers.ofString(Api.SPEC));
    assertThat(problem(api.send(yaml), 415)).contains("application/json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/v1/sweeps/other-7            | There is no sweep other-7",
        "/api/v1/sweeps/-                  | There is no sweep '-'",
        "/api/v1/sweeps/%2e%2e             | There is nothing at",
        "/api/v1/sweeps/..%2f..%2fsecret.txt | There is no sweep",
        "/api/v1/sweeps/demo-1/trials/0    | no trials yet",
        "/api/v1/sweeps/demo-1/trials/-1   | no trial '-1'",
        "/api/v1/sweeps/demo-1/trials/x    | no trial 'x'",
        "/api/v1/sweeps/demo-1/trials/99999999999 | no trial",
        "/api/v1/sweeps/demo-1/trials/0/log | no trials yet",
        "/api/v1/sweeps/demo-1/trials/0/adapter/%2e%2e%2f%2e%2e%2fsecret.txt | no trials yet",
        "/api/v1/sweeps/other-7/events     | There is no sweep other-7",
        "/api/v1/sweeps/other-7/metrics?format=csv | There is no sweep other-7",
        "/api/v1/nothing                   | There is nothing at",
        "/api/v2/sweeps                    | There is nothing at",
        "/api/v1/sweeps/                   | There is",
      })
  void what_is_not_there_is_named(String path, String why) throws Exception {
    assertThat(problem(api.get(path), 404)).contains(why);
  }

  @Test
  void dots_lead_nowhere() throws Exception {
    for (String path :
        new String[] {
          "/api/v1/files/../../secret.txt",
          "/../../secret.txt",
          SWEEPS + "/demo-1/trials/0/adapter/../../../../../secret.txt",
          SWEEPS + "/../../secret.txt",
        }) {
      String answer = raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 40").doesNotContain("secret\r");
    }
  }

  @Test
  void a_wrong_method_is_answered_with_those_possible() throws Exception {
    HttpResponse<String> answer = api.send(api.request(SWEEPS).DELETE());
    assertThat(problem(answer, 405)).isEqualTo("Only GET, POST is possible here.");
    assertThat(answer.headers().firstValue("Allow")).contains("GET, POST");
    assertThat(problem(api.get(DEMO + "/stop"), 405)).isEqualTo("Only POST is possible here.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "?format=", "?format=xml", "?fromat=csv"})
  void an_unknown_format_of_metrics_is_refused(String query) throws Exception {
    assertThat(problem(api.get(DEMO + "/metrics" + query), 400))
        .contains("csv, jsonl, arrow or parquet");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"metric\": \"Human rate\", \"value\": 1, \"count\": 1}      | metric is no name",
        "{\"metric\": \"eval_loss\", \"value\": 1, \"count\": 1}       | human_eval_loss",
        "{\"metric\": \"human\", \"value\": \"NaN\", \"count\": 1}     | value",
        "{\"metric\": \"human\", \"value\": 1, \"count\": 0}           | count is 0",
        "{\"metric\": \"human\", \"value\": 1}                         | 'count' is missing",
        "{\"metric\": \"human\", \"count\": 1}                         | 'value' is missing",
      })
  void a_rating_that_says_nothing_is_refused(String body, String why) throws Exception {
    assertThat(problem(api.post(DEMO + "/trials/0/ratings", body), 400)).contains(why);
  }

  @Test
  void a_key_that_is_no_key_is_refused() throws Exception {
    HttpRequest.Builder request =
        api.submission(Api.SPEC, Map.of()).header("Idempotency-Key", "k".repeat(201));
    assertThat(problem(api.send(request), 400)).contains("1 to 200 characters");
  }
}
