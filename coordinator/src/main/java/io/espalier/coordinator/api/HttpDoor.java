package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.withRequestTimeoutResponse;

import io.espalier.common.UserError;
import io.espalier.coordinator.metrics.CoordinatorMetrics;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.server.Directives;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * The coordinator's HTTP port: the API, metrics and health. Errors are {@code
 * application/problem+json}.
 */
public final class HttpDoor implements AutoCloseable {
  /** For a system that a fatal error has crippled. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final ServerBinding binding;

  private HttpDoor(ActorSystem<?> system, ServerBinding binding) {
    this.system = system;
    this.binding = binding;
  }

  /**
   * Binds the port.
   *
   * @param port 0 for any free one
   * @param unready why this coordinator cannot serve yet; empty when it can
   * @param backend what requests are passed on to; without one there are metrics and health alone
   * @throws UserError when the port cannot be bound
   */
  public static HttpDoor open(
      ActorSystem<?> system,
      String host,
      int port,
      CoordinatorMetrics metrics,
      Supplier<Optional<String>> unready,
      Optional<Backend> backend) {
    Route routes =
        withRequestTimeoutResponse(
                Failures::timeout,
                () ->
                    concat(
                        new HealthRoutes(metrics, unready).route(),
                        backend
                            .map(HttpDoor::api)
                            .map(OtherPages::keptAwayFrom)
                            .orElseGet(Directives::reject)))
            .seal(Failures.rejections(), Failures.exceptions());
    try {
      return new HttpDoor(
          system,
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

  /** Answers what was asked already, then closes the port; it closes with the actor system too. */
  @Override
  public void close() {
    CompletableFuture.anyOf(
            binding.terminate(Duration.ofSeconds(2)).toCompletableFuture(),
            system.getWhenTerminated().toCompletableFuture())
        .completeOnTimeout(Done.getInstance(), PATIENCE.toSeconds(), TimeUnit.SECONDS)
        .join();
  }

  private static Route api(Backend backend) {
    return pathPrefix(
        "api",
        () ->
            pathPrefix(
                "v1",
                () ->
                    concat(
                        new SweepRoutes(backend).route(),
                        new FileRoutes(backend).route(),
                        path("workers", () -> get(() -> Answers.json(backend.workers()))))));
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
