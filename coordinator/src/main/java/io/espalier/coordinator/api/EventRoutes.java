package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
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
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/**
 * How a sweep stands, as server-sent events until it has ended: {@code /api/v1/sweeps/{id}/events}
 * the whole view whenever it changes, {@code /board} the console's.
 */
record EventRoutes(Backend backend, SweepId sweep) {
  /** At most so often something is sent. */
  private static final Duration PERIOD = Duration.ofMillis(500);

  /** A comment after so much silence keeps proxies from closing the connection. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private static final ByteString COMMENT = ByteString.fromString(": still here\n\n");

  /** At one moment. */
  record Moment(SweepView view, List<LiveUpdate> live) {}

  /** What is sent. */
  record Event(String name, Object data) {
    private ByteString bytes() {
      return ByteString.fromString(
          "event: %s\ndata: %s\n\n".formatted(name, ViewJson.line(data)), StandardCharsets.UTF_8);
    }
  }

  /** What has been sent to one client, and what it is told next. */
  @FunctionalInterface
  interface News {
    List<Event> of(Moment moment);
  }

  Route route() {
    return concat(
        path("events", () -> get(() -> completeWithFuture(events(WholeNews::new)))),
        path("board", () -> get(() -> completeWithFuture(events(BoardNews::new)))));
  }

  private CompletionStage<HttpResponse> events(Supplier<News> told) {
    return backend
        .sweep(sweep)
        .thenApply(
            first ->
                HttpResponse.create()
                    .withEntity(
                        HttpEntities.createChunked(
                            ContentTypes.parse("text/event-stream"), stream(first, told))));
  }

  private Source<ByteString, NotUsed> stream(SweepView first, Supplier<News> told) {
    Source<SweepView, ?> later =
        Source.tick(PERIOD, PERIOD, NotUsed.getInstance())
            .mapAsync(1, tick -> backend.sweep(sweep));
    return Source.single(first)
        .concat(later)
        .map(view -> new Moment(view, backend.live(sweep)))
        .takeWhile(moment -> !moment.view().state().ended(), true)
        .statefulMapConcat(() -> changes(told.get()))
        .keepAlive(SILENCE, () -> COMMENT);
  }

  private static Function<Moment, Iterable<ByteString>> changes(News news) {
    return moment -> news.of(moment).stream().map(Event::bytes).toList();
  }

  private static final class WholeNews implements News {
    private Optional<SweepView> view = Optional.empty();
    private List<LiveUpdate> live = List.of();

    @Override
    public List<Event> of(Moment moment) {
      if (moment.view().state().ended()) {
        return List.of(new Event("end", moment.view()));
      }
      var news = new ArrayList<Event>();
      if (!view.equals(Optional.of(moment.view()))) {
        view = Optional.of(moment.view());
        news.add(new Event("sweep", moment.view()));
      }
      if (!live.equals(moment.live())) {
        live = moment.live();
        news.add(new Event("live", moment.live()));
      }
      return news;
    }
  }
}
