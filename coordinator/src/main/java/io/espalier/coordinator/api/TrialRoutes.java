package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEnd;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.report.Board;
import io.espalier.coordinator.sweep.Rating;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/sweeps/{id}/trials}, one of them, and what it left. */
record TrialRoutes(Backend backend, SweepId sweep) {
  private static final String RATING =
      "{\"metric\": \"human_pass_rate\", \"value\": 0.8, \"count\": 50}";

  Route route() {
    return pathPrefix(
        "trials",
        () ->
            concat(
                pathEnd(() -> get(this::list)),
                pathPrefix(segment(), number -> of(Answers.trial(sweep, number)))));
  }

  private Route list() {
    return Paging.route(
        backend.sweep(sweep).thenApply(Board::trials), row -> Integer.toString(row.trial()));
  }

  private Route of(TrialId trial) {
    return concat(
        pathEnd(() -> get(() -> Answers.json(backend.trial(sweep, trial)))),
        path("details", () -> get(() -> Answers.json(backend.details(sweep, trial)))),
        path("answers", () -> get(() -> Answers.json(backend.answers(sweep, trial)))),
        path("stop", () -> post(() -> stop(trial))),
        path("retry", () -> post(() -> retry(trial))),
        path("clone", () -> post(() -> Extension.route(backend, sweep, Optional.of(trial)))),
        path("ratings", () -> post(() -> rate(trial))),
        new TrialFileRoutes(backend, sweep, trial).route());
  }

  private Route stop(TrialId trial) {
    return Answers.withoutBody(
        body -> Answers.json(StatusCodes.ACCEPTED, backend.stop(sweep, trial)));
  }

  private Route retry(TrialId trial) {
    return Answers.withoutBody(
        body -> Answers.json(StatusCodes.ACCEPTED, backend.retry(sweep, Optional.of(trial))));
  }

  private Route rate(TrialId trial) {
    return Answers.withBody(
        body ->
            Answers.json(
                body.json(Rating.class, RATING)
                    .thenCompose(rating -> backend.rate(sweep, trial, rating))));
  }
}
