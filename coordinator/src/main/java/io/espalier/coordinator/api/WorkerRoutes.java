package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEnd;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.post;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import io.espalier.common.protocol.WorkerId;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/workers}: who is there, and an end to a quarantine. */
record WorkerRoutes(Backend backend) {
  Route route() {
    return pathPrefix(
        "workers",
        () ->
            concat(
                pathEnd(() -> get(() -> Answers.json(backend.workers()))),
                pathPrefix(segment(), name -> path("release", () -> post(() -> release(name))))));
  }

  private Route release(String worker) {
    return Answers.withoutBody(body -> Answers.json(backend.release(new WorkerId(worker))));
  }
}
