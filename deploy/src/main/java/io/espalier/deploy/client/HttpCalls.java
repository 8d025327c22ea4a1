package io.espalier.deploy.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Requests to a coordinator, or to whichever of several answers: one that stands by sends on to the
 * active one. An answer that is an error becomes a {@link UserError} with the coordinator's own
 * words; when none comes it is an {@link IOException}, for whoever may try again.
 */
final class HttpCalls {
  /** A coordinator answers within this time or says that it cannot. */
  static final Duration ANSWER = Duration.ofSeconds(30);

  private static final Duration CONNECTION = Duration.ofSeconds(5);

  /** Longer than it takes until another coordinator is active. */
  private static final Duration TAKEOVER = Duration.ofSeconds(45);

  private static final String LOCATION = "Location";

  /** The coordinator, or what stands before it, answered that it cannot at present. */
  private static final class NotNow extends IOException {
    private static final long serialVersionUID = 1L;

    private final String detail;

    NotNow(String detail) {
      super(detail);
      this.detail = detail;
    }
  }

  private static final int LONGEST_PROBLEM = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<URI> bases;
  private volatile URI base;
  private final Credentials credentials;
  private final HttpClient http;

  /**
   * @param bases one or more
   * @throws UserError when the credentials cannot be used
   */
  HttpCalls(List<URI> bases, Credentials credentials) {
    this.bases = List.copyOf(bases);
    this.base = bases.get(0);
    this.credentials = credentials;
    HttpClient.Builder client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECTION);
    credentials.trust().ifPresent(client::sslContext);
    this.http = client.build();
  }

  /** Those that are asked, as a user names them. */
  String name() {
    return bases.stream().map(URI::toString).collect(Collectors.joining(","));
  }

  /** The body of a good answer, to be closed. */
  InputStream get(String path) throws IOException {
    return body(request(path, ANSWER).GET());
  }

  String getText(String path) throws IOException {
    return text(get(path));
  }

  String post(String path, BodyPublisher body, HttpRequest.Builder request) throws IOException {
    return text(body(request.POST(body)));
  }

  /** Whether there is such a thing. */
  boolean head(String path) throws IOException {
    HttpResponse<InputStream> answer =
        exchange(request(path, ANSWER).method("HEAD", BodyPublishers.noBody()).build());
    try (InputStream body = answer.body()) {
      if (answer.statusCode() == 404) {
        return false;
      }
      if (isBad(answer)) {
        throw problem(answer);
      }
      return true;
    }
  }

  /** What time it is where the answer comes from, in whole seconds; absent where it is not told. */
  Optional<Instant> clock(String path) throws IOException {
    HttpResponse<InputStream> answer = exchange(request(path, ANSWER).GET().build());
    answer.body().close();
    return answer
        .headers()
        .firstValue("Date")
        .map(text -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text)));
  }

  HttpRequest.Builder request(String path, Duration patience) {
    return HttpRequest.newBuilder(URI.create(bases.get(0) + path)).timeout(patience);
  }

  InputStream body(HttpRequest.Builder request) throws IOException {
    HttpResponse<InputStream> answer = exchange(request.build());
    if (isBad(answer)) {
      try (InputStream body = answer.body()) {
        throw problem(answer);
      }
    }
    return answer.body();
  }

  static String text(InputStream body) throws IOException {
    try (body) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** What to tell people when no answer came. */
  UserError noAnswer(IOException problem) {
    if (problem instanceof HttpConnectTimeoutException || problem instanceof ConnectException) {
      return new UserError(
          "No coordinator answers at %s%s. Start one with: espalier coordinator; or name another with --url or ESPALIER_URL."
              .formatted(name(), unknownHost(problem) ? " (there is no such host)" : ""),
          problem);
    }
    if (problem instanceof SSLException) {
      return new UserError(
          "The certificate of %s is not trusted here: %s. Name the file of the authority that issued it with ESPALIER_CA, and the coordinator as it does."
              .formatted(name(), problem.getMessage()),
          problem);
    }
    if (problem instanceof NotNow answered) {
      return new UserError(answered.detail, problem);
    }
    if (problem instanceof HttpTimeoutException) {
      return new UserError(
          "The coordinator at %s did not answer within %d s; its log says what it is doing. Try again."
              .formatted(name(), ANSWER.toSeconds()),
          problem);
    }
    return new UserError(
        "The connection to %s broke: %s. Try again; if it stays so, see whether a coordinator listens at that address."
            .formatted(name(), Optional.ofNullable(problem.getMessage()).orElse("no reason given")),
        problem);
  }

  private static boolean unknownHost(IOException problem) {
    for (Throwable cause = problem; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }

  /** While one coordinator takes another's place, for which others stand by, it is waited for. */
  private HttpResponse<InputStream> exchange(HttpRequest request) throws IOException {
    long deadline = System.nanoTime() + TAKEOVER.toNanos();
    while (true) {
      Optional<HttpResponse<InputStream>> answer = asked(request);
      if (answer.isPresent()) {
        return answer.get();
      }
      if (System.nanoTime() > deadline) {
        throw new NotNow(
            "No coordinator is active at %s, and none became so within %d s: their logs say why."
                .formatted(name(), TAKEOVER.toSeconds()));
      }
      pause();
    }
  }

  /**
   * By the one that answered last, else by the next that can be reached, and by whoever that one
   * names.
   *
   * @return empty when some stand by, and nobody is active
   */
  private Optional<HttpResponse<InputStream>> asked(HttpRequest request) throws IOException {
    List<URI> order = new ArrayList<>(bases);
    Collections.rotate(order, -bases.indexOf(base));
    IOException unreachable = new IOException("no address");
    boolean standBy = false;
    for (URI asked : order) {
      try {
        HttpResponse<InputStream> answer = send(request, URI.create(asked + path(request)));
        standBy |= sendsOn(answer) || waits(answer);
        if (sendsOn(answer)) {
          answer.body().close();
          answer = send(request, URI.create(answer.headers().firstValue(LOCATION).orElseThrow()));
        }
        if (!waits(answer)) {
          base = asked;
          return Optional.of(answer);
        }
        answer.body().close();
      } catch (ConnectException | HttpConnectTimeoutException e) {
        unreachable = e;
      }
    }
    if (standBy) {
      return Optional.empty();
    }
    throw unreachable;
  }

  private static boolean sendsOn(HttpResponse<?> answer) {
    return answer.statusCode() == 307 && answer.headers().firstValue(LOCATION).isPresent();
  }

  /** Of a coordinator that stands by. */
  private static boolean waits(HttpResponse<?> answer) {
    return answer.statusCode() == 503 && answer.headers().firstValue("Retry-After").isPresent();
  }

  private String path(HttpRequest request) {
    return request.uri().toString().substring(bases.get(0).toString().length());
  }

  private HttpResponse<InputStream> send(HttpRequest request, URI to) throws IOException {
    try {
      HttpRequest.Builder addressed =
          HttpRequest.newBuilder(request, (name, value) -> true).uri(to);
      // Also to where a coordinator sends on: not if the token could be read on its way.
      credentials
          .tokenFor(to)
          .ifPresent(token -> addressed.setHeader("Authorization", "Bearer " + token));
      return http.send(addressed.build(), BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.SECONDS.sleep(1);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }

  private static boolean isBad(HttpResponse<?> answer) {
    return answer.statusCode() < 200 || answer.statusCode() > 299;
  }

  /** What a bad answer means; thrown at once where asking again may help. */
  private UserError problem(HttpResponse<InputStream> answer) throws IOException {
    String text = new String(answer.body().readNBytes(LONGEST_PROBLEM), StandardCharsets.UTF_8);
    String message =
        detail(text)
            .orElseGet(
                () ->
                    "%s answered with status %d, and not as a coordinator does; see whether the address is right."
                        .formatted(base, answer.statusCode()));
    if (answer.statusCode() >= 500) {
      throw new NotNow(message);
    }
    return new UserError(message);
  }

  private static Optional<String> detail(String problem) {
    try {
      return Optional.ofNullable(JSON.readTree(problem))
          .map(json -> json.get("detail"))
          .filter(JsonNode::isTextual)
          .map(JsonNode::asText);
    } catch (JsonProcessingException notFromACoordinator) {
      return Optional.empty();
    }
  }
}
