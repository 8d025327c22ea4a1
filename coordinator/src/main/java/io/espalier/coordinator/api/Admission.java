package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;
import static org.apache.pekko.http.javadsl.server.Directives.mapResponse;

import io.espalier.coordinator.access.Caller;
import io.espalier.coordinator.access.Role;
import io.espalier.coordinator.access.Tokens;
import java.util.Optional;
import java.util.function.Function;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.Route;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets in who may ask what is asked, and notes who asked what. Without tokens everybody may.
 *
 * @param tokens absent where nobody needs one
 */
record Admission(Optional<Tokens> tokens) {
  /** Not below io.espalier: it belongs into the log alone, not on a service's console. */
  private static final Logger REQUESTS = LoggerFactory.getLogger("requests");

  private static final String SCHEME = "Bearer ";

  Route admit(Function<Caller, Route> inner) {
    return extractRequest(
        request -> {
          Optional<Caller> caller = caller(request);
          return mapResponse(
              answer -> noted(request, caller, answer),
              () -> caller.isPresent() ? admitted(request, caller.get(), inner) : unknown());
        });
  }

  private Optional<Caller> caller(HttpRequest request) {
    return tokens.isEmpty()
        ? Optional.of(Caller.ANYONE)
        : request
            .getHeader("Authorization")
            .map(HttpHeader::value)
            .filter(value -> value.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
            .flatMap(value -> tokens.get().caller(value.substring(SCHEME.length()).strip()));
  }

  private static Route admitted(HttpRequest request, Caller who, Function<Caller, Route> inner) {
    Role needed = needed(request);
    return who.role().may(needed)
        ? inner.apply(who)
        : complete(
            new Problem(
                    StatusCodes.FORBIDDEN,
                    "This takes the role %s, and the token of %s has the role %s."
                        .formatted(needed.word(), who.name().orElse("nobody"), who.role().word()))
                .response());
  }

  private static Route unknown() {
    return complete(
        new Problem(
                StatusCodes.UNAUTHORIZED,
                "This coordinator answers to those who have a token: put yours into ESPALIER_TOKEN, or send it as 'Authorization: Bearer TOKEN'.")
            .response()
            .addHeader(RawHeader.create("WWW-Authenticate", "Bearer")));
  }

  /** By what it does: reads, changes, or what an administrator alone decides. */
  private static Role needed(HttpRequest request) {
    if (request.method().equals(HttpMethods.GET) || request.method().equals(HttpMethods.HEAD)) {
      return Role.VIEWER;
    }
    boolean release = request.getUri().path().startsWith("/api/v1/workers/");
    return request.method().equals(HttpMethods.DELETE) || release ? Role.ADMIN : Role.OPERATOR;
  }

  private static HttpResponse noted(
      HttpRequest request, Optional<Caller> caller, HttpResponse answer) {
    REQUESTS.info(
        "{} {} {} {} {}",
        request
            .getAttribute(AttributeKeys.remoteAddress)
            .flatMap(from -> from.getAddress())
            .map(from -> from.getHostAddress())
            .orElse("-"),
        caller.flatMap(Caller::name).orElse("-"),
        request.method().name(),
        request.getUri().path(),
        answer.status().intValue());
    return answer;
  }
}
