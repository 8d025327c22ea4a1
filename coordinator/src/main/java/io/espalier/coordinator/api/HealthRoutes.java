package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.optionalHeaderValueByName;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import io.espalier.coordinator.metrics.CoordinatorMetrics;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /metrics} for Prometheus, {@code /alive} and {@code /ready} for whoever restarts it. */
record HealthRoutes(
    CoordinatorMetrics metrics, Supplier<Optional<String>> unready, Admission admission) {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  Route route() {
    return concat(
        path(
            "metrics",
            () ->
                get(
                    () ->
                        admission.admit(
                            caller ->
                                optionalHeaderValueByName(
                                    "Accept", accept -> complete(scrape(accept.orElse(""))))))),
        path("alive", () -> get(() -> complete("alive\n"))),
        path("ready", () -> get(() -> complete(ready()))));
  }

  private HttpResponse ready() {
    return unready
        .get()
        .map(why -> new Problem(StatusCodes.SERVICE_UNAVAILABLE, why).response())
        .orElseGet(() -> HttpResponse.create().withEntity("ready\n"));
  }

  private HttpResponse scrape(String accept) {
    String type = accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    return HttpResponse.create()
        .withEntity(
            HttpEntities.create(
                ContentTypes.parse(type), metrics.scrape(type).getBytes(StandardCharsets.UTF_8)));
  }
}
