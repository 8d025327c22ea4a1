package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.delete;
import static org.apache.pekko.http.javadsl.server.Directives.head;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEnd;
import static org.apache.pekko.http.javadsl.server.Directives.pathPrefix;
import static org.apache.pekko.http.javadsl.server.Directives.put;
import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.server.Route;

/** {@code /api/v1/files}: data sets that submissions bring along. */
record FileRoutes(Backend backend) {
  Route route() {
    return pathPrefix(
        "files",
        () ->
            concat(
                pathEnd(() -> delete(this::removeUnused)),
                path(
                    segment(),
                    sha256 ->
                        concat(
                            head(() -> completeWithFuture(look(sha256))),
                            put(
                                () ->
                                    Answers.withBody(
                                        body -> completeWithFuture(keep(sha256, body))))))));
  }

  private Route removeUnused() {
    return Answers.withoutBody(
        body -> Answers.json(backend.removeFiles().thenApply(bytes -> Map.of("bytes", bytes))));
  }

  private CompletionStage<HttpResponse> look(String sha256) {
    return backend
        .hasFile(sha256)
        .thenApply(
            there ->
                HttpResponse.create().withStatus(there ? StatusCodes.OK : StatusCodes.NOT_FOUND));
  }

  private CompletionStage<HttpResponse> keep(String sha256, Body body) {
    return backend
        .hasFile(sha256)
        .thenCompose(
            there -> {
              if (there) {
                body.ignore();
                return CompletableFuture.completedStage(false);
              }
              return backend.keepFile(sha256, body.file());
            })
        .thenApply(
            isNew ->
                Answers.json(
                    isNew ? StatusCodes.CREATED : StatusCodes.OK, Map.of("sha256", sha256)));
  }
}
