package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.path;

import io.espalier.common.trial.SweepId;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.ViewJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.japi.function.Creator;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * {@code /api/v1/sweeps/{id}/events}: how a sweep stands, as server-sent events until it has ended.
 */
record EventRoutes(Backend backend, SweepId sweep) {
  /** At most so often something is sent. */
  private static final Duration PERIOD = Duration.ofMillis(500);

  /** A comment after so much silence keeps proxies from closing the connection. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private static final ByteString COMMENT = ByteString.fromString(": still here\n\n");

  /** At one moment. */
  private record Moment(SweepView view, List<LiveUpdate> live) {}

  Route route() {
    return path("events", () -> get(() -> completeWithFuture(events())));
  }

  private CompletionStage<HttpResponse> events() {
    return backend
        .sweep(sweep)
        .thenApply(
            first ->
                HttpResponse.create()
                    .withEntity(
                        HttpEntities.createChunked(
                            ContentTypes.parse("text/event-stream"), stream(first))));
  }

  private Source<ByteString, NotUsed> stream(SweepView first) {
    Source<SweepView, ?> later =
        Source.tick(PERIOD, PERIOD, NotUsed.getInstance())
            .mapAsync(1, tick -> backend.sweep(sweep));
    return Source.single(first)
        .concat(later)
        .map(view -> new Moment(view, backend.live(sweep)))
        .takeWhile(moment -> !moment.view().state().ended(), true)
        .statefulMapConcat(changes())
        .keepAlive(SILENCE, () -> COMMENT);
  }

  /** What is new of each moment. */
  private static Creator<Function<Moment, Iterable<ByteString>>> changes() {
    return () -> {
      var sent = new Sent();
      return sent::next;
    };
  }

  private static final class Sent {
    private Optional<SweepView> view = Optional.empty();
    private List<LiveUpdate> live = List.of();

    List<ByteString> next(Moment moment) {
      if (moment.view().state().ended()) {
        return List.of(event("end", moment.view()));
      }
      var news = new ArrayList<ByteString>();
      if (!view.equals(Optional.of(moment.view()))) {
        view = Optional.of(moment.view());
        news.add(event("sweep", moment.view()));
      }
      if (!live.equals(moment.live())) {
        live = moment.live();
        news.add(event("live", moment.live()));
      }
      return news;
    }
  }

  private static ByteString event(String name, Object view) {
    return ByteString.fromString(
        "event: %s\ndata: %s\n\n".formatted(name, ViewJson.line(view)), StandardCharsets.UTF_8);
  }
}
