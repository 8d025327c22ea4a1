package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.completeWithFuture;
import static org.apache.pekko.http.javadsl.server.Directives.extractUri;
import static org.apache.pekko.http.javadsl.server.Directives.parameterOptional;
import static org.apache.pekko.http.javadsl.unmarshalling.StringUnmarshallers.STRING;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * Lists in pieces: {@code ?limit=50&after=KEY}. An answer that leaves something out says where it
 * goes on, by {@code Link: <…>; rel="next"} (RFC 8288). Without a limit all is answered.
 */
final class Paging {
  private static final int MOST = 100_000;

  private Paging() {}

  /**
   * @param key of an entry, by which the next piece is asked for
   */
  static <T> Route route(CompletionStage<List<T>> all, Function<T, String> key) {
    return parameterOptional(
        STRING,
        "limit",
        limit ->
            parameterOptional(
                STRING,
                "after",
                after ->
                    extractUri(
                        uri ->
                            completeWithFuture(
                                all.thenApply(
                                    list -> page(list, key, limit(limit), after, uri))))));
  }

  private static int limit(Optional<String> text) {
    return text.map(
            given -> {
              if (!given.matches("[1-9]\\d{0,8}") || Integer.parseInt(given) > MOST) {
                throw new Refused(
                    Refused.Reason.INVALID,
                    "'%s' is no limit; expected ?limit=1 to %d".formatted(given, MOST));
              }
              return Integer.parseInt(given);
            })
        .orElse(Integer.MAX_VALUE);
  }

  private static <T> HttpResponse page(
      List<T> all, Function<T, String> key, int limit, Optional<String> after, Uri uri) {
    int from = after.map(last -> place(all, key, last) + 1).orElse(0);
    int to = (int) Math.min(all.size(), (long) from + limit);
    HttpResponse answer = Answers.json(StatusCodes.OK, all.subList(from, to));
    if (to == all.size()) {
      return answer;
    }
    String next = "%s?limit=%d&after=%s".formatted(uri.path(), limit, key.apply(all.get(to - 1)));
    return answer.addHeader(RawHeader.create("Link", "<%s>; rel=\"next\"".formatted(next)));
  }

  private static <T> int place(List<T> all, Function<T, String> key, String last) {
    return IntStream.range(0, all.size())
        .filter(i -> key.apply(all.get(i)).equals(last))
        .findFirst()
        .orElseThrow(
            () ->
                new Refused(
                    Refused.Reason.UNKNOWN,
                    "There is no '%s' to go on after; begin without ?after.".formatted(last)));
  }
}
