package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.extractMaterializer;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequestEntity;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.ViewJson;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** What all routes have alike: JSON answers, bodies, the names in their paths. */
final class Answers {
  private Answers() {}

  static HttpResponse json(StatusCode status, Object view) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(ContentTypes.APPLICATION_JSON, ViewJson.line(view) + "\n");
  }

  /** 200 with the view, once it is there. */
  static Route json(CompletionStage<?> view) {
    return json(StatusCodes.OK, view);
  }

  static Route json(StatusCode status, CompletionStage<?> view) {
    return completeWithFuture(view.thenApply(there -> json(status, there)));
  }

  static Route withBody(Function<Body, Route> inner) {
    return extractRequestEntity(
        entity -> extractMaterializer(materializer -> inner.apply(new Body(entity, materializer))));
  }

  /** A request whose body says nothing. */
  static Route withoutBody(Function<Body, Route> inner) {
    return withBody(
        body -> {
          body.ignore();
          return inner.apply(body);
        });
  }

  static SweepId sweep(String segment) {
    try {
      return new SweepId(segment);
    } catch (IllegalArgumentException e) {
      throw new Refused(
          Refused.Reason.UNKNOWN,
          "There is no sweep '%s'. List those there are with: espalier ls".formatted(segment),
          e);
    }
  }

  static TrialId trial(SweepId sweep, String segment) {
    try {
      return new TrialId(Integer.parseInt(segment));
    } catch (IllegalArgumentException e) {
      throw new Refused(
          Refused.Reason.UNKNOWN,
          "Sweep %s has no trial '%s'; trials are numbered from 0. See them with: espalier show %s"
              .formatted(sweep, segment, sweep),
          e);
    }
  }
}
