package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.delete;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.optionalHeaderValueByName;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEnd;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.sweep.BudgetChange;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Location;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code /api/v1/sweeps}: list, submit, show, stop, pause, resume, retry, extend, budget and
 * delete; what lies below a sweep is others'.
 */
record SweepRoutes(Backend backend) {
  private static final String SHAPE =
      "{\"spec\": \"the specification's text\", \"source\": \"its file's name\", \"directory\": \"/where/it/lies\", \"files\": {\"data/train.jsonl\": \"its SHA-256\"}}; files may be left out.";

  private static final String BUDGET =
      "{\"maxTrials\": 200, \"maxDeviceHours\": 8}, or one of them";

  private record Budget(Optional<Integer> maxTrials, Optional<Double> maxDeviceHours) {
    BudgetChange change() {
      BudgetChange change = BudgetChange.of(maxTrials, maxDeviceHours);
      if (change.isNone()) {
        throw new Refused(Refused.Reason.INVALID, "There is no budget in it; expected " + BUDGET);
      }
      return change;
    }
  }

  private record Removal(long bytes) {}

  private record Posted(
      String spec, String source, String directory, Optional<Map<String, String>> files) {
    Submission submission() {
      return new Submission(spec, source, directory, files.orElse(Map.of()));
    }
  }

  Route route() {
    return pathPrefix(
        "sweeps",
        () ->
            concat(
                pathEnd(() -> concat(get(this::list), submit())),
                pathPrefix(segment(), name -> of(Answers.sweep(name)))));
  }

  private Route list() {
    return Paging.route(backend.sweeps(), sweep -> sweep.id().value());
  }

  private Route submit() {
    return post(
        () ->
            optionalHeaderValueByName(
                "Idempotency-Key",
                key ->
                    Answers.withBody(
                        body ->
                            completeWithFuture(
                                body.json(Posted.class, SHAPE)
                                    .thenCompose(json -> backend.submit(json.submission(), key))
                                    .thenApply(SweepRoutes::created)))));
  }

  private static HttpResponse created(SweepId sweep) {
    return Answers.json(StatusCodes.CREATED, Map.of("sweep", sweep))
        .addHeader(Location.create("/api/v1/sweeps/" + sweep));
  }

  private static Route freed(Supplier<CompletionStage<Long>> bytes) {
    return Answers.withoutBody(body -> Answers.json(bytes.get().thenApply(Removal::new)));
  }

  private Route changeBudget(SweepId sweep) {
    return Answers.withBody(
        body ->
            Answers.json(
                StatusCodes.ACCEPTED,
                body.json(Budget.class, BUDGET)
                    .thenCompose(asked -> backend.changeBudget(sweep, asked.change()))));
  }

  private static Route wish(Supplier<CompletionStage<SweepView>> granted) {
    return Answers.withoutBody(body -> Answers.json(StatusCodes.ACCEPTED, granted.get()));
  }

  private Route of(SweepId sweep) {
    return concat(
        pathEnd(
            () ->
                concat(
                    get(() -> Answers.json(backend.sweep(sweep))),
                    delete(() -> freed(() -> backend.remove(sweep))))),
        path("stop", () -> post(() -> wish(() -> backend.stop(sweep)))),
        path("pause", () -> post(() -> wish(() -> backend.pause(sweep)))),
        path("resume", () -> post(() -> wish(() -> backend.resume(sweep)))),
        path("retry", () -> post(() -> wish(() -> backend.retry(sweep, Optional.empty())))),
        path("checkpoints", () -> delete(() -> freed(() -> backend.removeCheckpoints(sweep)))),
        path("budget", () -> post(() -> changeBudget(sweep))),
        path("extend", () -> post(() -> Extension.route(backend, sweep, Optional.empty()))),
        path("curves", () -> get(() -> Answers.json(backend.curves(sweep)))),
        new MetricsRoute(backend, sweep).route(),
        new EventRoutes(backend, sweep).route(),
        new TrialRoutes(backend, sweep).route());
  }
}
