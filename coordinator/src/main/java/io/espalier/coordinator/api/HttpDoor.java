package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.onSuccess;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.redirect;
import static org.apache.pekko.http.javadsl.server.Directives.withRequestTimeoutResponse;

import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import io.espalier.coordinator.access.Caller;
import io.espalier.coordinator.access.Tokens;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The coordinator's HTTP port: the API, the console, metrics and health. Errors are {@code
 * application/problem+json}.
 */
public final class HttpDoor implements AutoCloseable {
  /** For a system that a fatal error has crippled. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final ServerBinding binding;

  /**
   * How clients know the coordinator, and it them.
   *
   * @param certificates absent for plain HTTP
   * @param tokens absent where clients need none
   * @param name of its host, for others
   */
  public record Lock(
      Optional<NodeCertificates> certificates, Optional<Tokens> tokens, String name) {
    public static final Lock NONE = new Lock(Optional.empty(), Optional.empty(), "localhost");
  }

  private HttpDoor(ActorSystem<?> system, ServerBinding binding) {
    this.system = system;
    this.binding = binding;
  }

  /**
   * Binds the port.
   *
   * @param port 0 for any free one
   * @param unready why this coordinator cannot serve yet; empty when it can
   * @param desk who answers the API
   * @param security how its clients and it know each other
   * @throws UserError when the port cannot be bound
   */
  public static HttpDoor open(
      ActorSystem<?> system,
      String host,
      int port,
      CoordinatorMetrics metrics,
      Supplier<Optional<String>> unready,
      Desk desk,
      Lock lock) {
    var admission = new Admission(lock.tokens());
    var pages = new OtherPages(lock.name(), lock.tokens().isEmpty());
    Route routes =
        withRequestTimeoutResponse(
                Failures::timeout,
                () ->
                    concat(
                        new HealthRoutes(metrics, unready, admission).route(),
                        new ConsoleRoutes(desk).route(),
                        pages.keptAwayFrom(api(desk, admission))))
            .seal(Failures.rejections(), Failures.exceptions());
    ServerBuilder server = Http.get(system).newServerAt(host, port);
    try {
      return new HttpDoor(
          system,
          lock.certificates()
              .map(own -> server.enableHttps(ConnectionContext.httpsServer(own.context())))
              .orElse(server)
              .bind(routes)
              .toCompletableFuture()
              .join());
    } catch (CompletionException e) {
      throw new UserError(
          """
          HTTP port %d on %s cannot be opened: %s.
          Another coordinator or program may be using it ('ss -ltnp "sport = :%d"' shows which): \
          end that one, or choose another port with --http-port."""
              .formatted(port, host, reason(e), port),
          e);
    }
  }

  /** The port bound. */
  public int port() {
    return binding.localAddress().getPort();
  }

  /** Answers what was asked already, then closes the port; it closes with the actor system too. */
  @Override
  public void close() {
    CompletableFuture.anyOf(
            binding.terminate(Duration.ofSeconds(2)).toCompletableFuture(),
            system.getWhenTerminated().toCompletableFuture())
        .completeOnTimeout(Done.getInstance(), PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private static Route api(Desk desk, Admission admission) {
    return pathPrefix(
        "api",
        () ->
            pathPrefix(
                "v1",
                () ->
                    admission.admit(
                        caller -> onSuccess(desk.now(), who -> answering(who, caller)))));
  }

  private static Route answering(Desk.Answering who, Caller caller) {
    if (who instanceof Desk.Here here) {
      Backend backend = here.backend().askedBy(caller);
      return concat(
          path(
              "session",
              () -> get(() -> complete(Answers.json(StatusCodes.OK, Session.of(caller))))),
          new SweepRoutes(backend).route(),
          new FileRoutes(backend).route(),
          new WorkerRoutes(backend).route());
    }
    if (who instanceof Desk.There there) {
      // 307 keeps method and body.
      return extractRequest(
          request -> redirect(at(there.url(), request.getUri()), StatusCodes.TEMPORARY_REDIRECT));
    }
    return complete(
        new Problem(StatusCodes.SERVICE_UNAVAILABLE, ((Desk.Nobody) who).why())
            .response()
            .addHeader(RawHeader.create("Retry-After", "1")));
  }

  /** Whom the coordinator takes its client for. */
  private record Session(Optional<String> name, String role) {
    static Session of(Caller caller) {
      return new Session(caller.name(), caller.role().word());
    }
  }

  /** The same path and query at another address. */
  private static Uri at(String address, Uri asked) {
    URI uri = URI.create(asked.toString());
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return Uri.create(address + uri.getRawPath() + query);
  }

  private static String reason(Throwable problem) {
    Throwable root = problem;
    for (Throwable cause = root; cause != null; cause = cause.getCause()) {
      root = cause;
    }
    return message(root);
  }

  private static String message(Throwable problem) {
    return Optional.ofNullable(problem.getMessage()).orElseGet(problem::toString);
  }
}
