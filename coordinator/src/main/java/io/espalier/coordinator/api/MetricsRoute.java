package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.extractActorSystem;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.parameterOptional;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.unmarshalling.StringUnmarshallers.STRING;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.metrics.MetricExport.Format;
import java.util.Optional;
import org.apache.pekko.dispatch.Dispatchers;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/sweeps/{id}/metrics?format=csv|jsonl|arrow|parquet}. */
record MetricsRoute(Backend backend, SweepId sweep) {
  Route route() {
    return path(
        "metrics",
        () -> get(() -> parameterOptional(STRING, "format", text -> export(format(text)))));
  }

  private static Format format(Optional<String> text) {
    for (Format format : Format.values()) {
      if (text.equals(Optional.of(format.word()))) {
        return format;
      }
    }
    throw new Refused(
        Refused.Reason.INVALID,
        "%s; expected ?format=csv, jsonl, arrow or parquet."
            .formatted(
                text.map("'%s' is no format of metrics"::formatted)
                    .orElse("The format is missing")));
  }

  private Route export(Format format) {
    return extractActorSystem(
        system ->
            completeWithFuture(
                backend
                    .metrics(sweep, format)
                    .thenApply(
                        export ->
                            HttpResponse.create()
                                .withEntity(
                                    HttpEntities.createChunked(
                                        type(format),
                                        Streams.of(
                                            export,
                                            system
                                                .dispatchers()
                                                .lookup(
                                                    Dispatchers
                                                        .DefaultBlockingDispatcherId())))))));
  }

  private static ContentType type(Format format) {
    return switch (format) {
      case CSV -> ContentTypes.TEXT_CSV_UTF8;
      case JSONL -> ContentTypes.parse("application/jsonl");
      case ARROW -> ContentTypes.parse("application/vnd.apache.arrow.file");
      case PARQUET -> ContentTypes.parse("application/vnd.apache.parquet");
    };
  }
}
