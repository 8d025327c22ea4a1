package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractUnmatchedPath;

import io.espalier.common.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.ExceptionHandler;
import org.apache.pekko.http.javadsl.server.MethodRejection;
import org.apache.pekko.http.javadsl.server.Rejection;
import org.apache.pekko.http.javadsl.server.RejectionHandler;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whatever goes wrong with a request, as the {@link Problem} its sender sees. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  static ExceptionHandler exceptions() {
    return ExceptionHandler.newBuilder()
        .matchAny(problem -> complete(of(problem).response()))
        .build();
  }

  static RejectionHandler rejections() {
    return RejectionHandler.newBuilder()
        .handleNotFound(
            extractUnmatchedPath(
                path ->
                    complete(
                        new Problem(
                                StatusCodes.NOT_FOUND,
                                "There is nothing at %s; there are / for browsers, /api/v1/sweeps, /api/v1/workers, /metrics, /alive and /ready."
                                    .formatted(path))
                            .response())))
        .handleAll(MethodRejection.class, rejected -> complete(wrongMethod(rejected)))
        .handleAll(
            Rejection.class,
            rejected ->
                complete(
                    new Problem(
                            StatusCodes.BAD_REQUEST,
                            "The request is not as this address expects it; check its method, query and headers.")
                        .response()))
        .build();
  }

  /** When the coordinator takes too long. */
  static HttpResponse timeout(HttpRequest request) {
    return slow().response();
  }

  private static HttpResponse wrongMethod(List<MethodRejection> rejected) {
    String methods =
        String.join(", ", rejected.stream().map(r -> r.supported().name()).distinct().toList());
    return new Problem(
            StatusCodes.METHOD_NOT_ALLOWED, "Only %s is possible here.".formatted(methods))
        .response()
        .addHeader(RawHeader.create("Allow", methods));
  }

  private static Problem of(Throwable thrown) {
    Throwable problem = thrown;
    while (isWrapping(problem) && problem.getCause() != null) {
      problem = problem.getCause();
    }
    if (problem instanceof Refused refused) {
      return new Problem(status(refused.reason()), message(refused));
    } else if (problem instanceof UserError error) {
      return new Problem(StatusCodes.BAD_REQUEST, message(error));
    } else if (problem instanceof EntityStreamSizeException) {
      return new Problem(
          StatusCodes.PAYLOAD_TOO_LARGE,
          String.format(
              Locale.ROOT,
              "The body is too large; expected at most %,d bytes of JSON, %,d of a file. %s",
              Body.LARGEST_JSON,
              Body.LARGEST_FILE,
              Body.ADVICE));
    } else if (problem instanceof TimeoutException) {
      LOG.warn("An HTTP request was not answered in time", problem);
      return slow();
    }
    LOG.error("An HTTP request failed", problem);
    return new Problem(
        StatusCodes.INTERNAL_SERVER_ERROR,
        "The request failed on the coordinator; its log says why.");
  }

  /** What stages and streams make of an error on its way. */
  private static boolean isWrapping(Throwable problem) {
    return problem instanceof CompletionException
        || problem instanceof ExecutionException
        || problem instanceof IOException
        || problem instanceof UncheckedIOException;
  }

  private static Problem slow() {
    return new Problem(
        StatusCodes.SERVICE_UNAVAILABLE,
        "The coordinator did not answer in time; its journal may be slow or gone. Try again; a submission may be repeated with the same Idempotency-Key.");
  }

  private static StatusCode status(Refused.Reason reason) {
    return switch (reason) {
      case INVALID -> StatusCodes.BAD_REQUEST;
      case FORBIDDEN -> StatusCodes.FORBIDDEN;
      case UNKNOWN -> StatusCodes.NOT_FOUND;
      case TOO_LATE, INCOMPLETE -> StatusCodes.CONFLICT;
      case TOO_LARGE -> StatusCodes.PAYLOAD_TOO_LARGE;
      case WRONG_TYPE -> StatusCodes.UNSUPPORTED_MEDIA_TYPE;
    };
  }

  private static String message(Throwable problem) {
    return Optional.ofNullable(problem.getMessage()).orElseGet(problem::toString);
  }
}
