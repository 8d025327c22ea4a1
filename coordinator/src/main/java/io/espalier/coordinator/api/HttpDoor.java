package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.extractUnmatchedPath;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.optionalHeaderValueByName;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.javadsl.server.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator's HTTP port: {@code GET /metrics}, {@code /alive}, {@code /ready}. Errors are
 * {@code application/problem+json}.
 */
public final class HttpDoor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final ServerBinding binding;

  private HttpDoor(ServerBinding binding) {
    this.binding = binding;
  }

  /**
   * Binds the port.
   *
   * @param port 0 for any free one
   * @param unready why this coordinator cannot serve yet; empty when it can
   * @throws UserError when the port cannot be bound
   */
  public static HttpDoor open(
      ActorSystem<?> system,
      String host,
      int port,
      CoordinatorMetrics metrics,
      Supplier<Optional<String>> unready) {
    Route routes = routes(metrics, unready).seal(rejections(), exceptions());
    try {
      return new HttpDoor(
          Http.get(system).newServerAt(host, port).bind(routes).toCompletableFuture().join());
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

  /** Answers what was asked already, then closes the port. */
  @Override
  public void close() {
    binding.terminate(Duration.ofSeconds(2)).toCompletableFuture().join();
  }

  private static Route routes(CoordinatorMetrics metrics, Supplier<Optional<String>> unready) {
    return get(
        () ->
            concat(
                path(
                    "metrics",
                    () ->
                        optionalHeaderValueByName(
                            "Accept", accept -> complete(scrape(metrics, accept.orElse(""))))),
                path("alive", () -> complete("alive\n")),
                path(
                    "ready",
                    () ->
                        complete(
                            unready
                                .get()
                                .map(
                                    why ->
                                        new Problem(StatusCodes.SERVICE_UNAVAILABLE, why)
                                            .response())
                                .orElseGet(() -> HttpResponse.create().withEntity("ready\n"))))));
  }

  private static HttpResponse scrape(CoordinatorMetrics metrics, String accept) {
    String type = accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    return HttpResponse.create()
        .withEntity(
            HttpEntities.create(
                ContentTypes.parse(type), metrics.scrape(type).getBytes(StandardCharsets.UTF_8)));
  }

  private static RejectionHandler rejections() {
    return RejectionHandler.newBuilder()
        .handleNotFound(
            extractUnmatchedPath(
                path ->
                    complete(
                        new Problem(
                                StatusCodes.NOT_FOUND,
                                "There is nothing at %s; there are /metrics, /alive and /ready."
                                    .formatted(path))
                            .response())))
        .handle(
            MethodRejection.class,
            rejection ->
                complete(
                    new Problem(
                            StatusCodes.METHOD_NOT_ALLOWED,
                            "Only %s is possible here.".formatted(rejection.supported().name()))
                        .response()))
        .build();
  }

  private static ExceptionHandler exceptions() {
    return ExceptionHandler.newBuilder()
        .match(
            UserError.class,
            problem -> complete(new Problem(StatusCodes.BAD_REQUEST, message(problem)).response()))
        .matchAny(
            problem -> {
              LOG.error("An HTTP request failed", problem);
              return complete(
                  new Problem(
                          StatusCodes.INTERNAL_SERVER_ERROR,
                          "The request failed on the coordinator; its log says why.")
                      .response());
            })
        .build();
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
