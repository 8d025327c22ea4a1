package io.espalier.coordinator.api;

import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/**
 * Answers what is no HTTP request. Named in {@code espalier-coordinator.conf}; Pekko finds it as it
 * finds a Scala object.
 */
public final class ProtocolErrors extends ParsingErrorHandler {
  @SuppressWarnings("checkstyle:ConstantName")
  public static final ProtocolErrors MODULE$ = new ProtocolErrors();

  private ProtocolErrors() {}

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    return new Problem(
            status,
            "This is no HTTP request as expected: %s."
                .formatted(error.summary().replace('`', '\'')))
        .response();
  }
}
