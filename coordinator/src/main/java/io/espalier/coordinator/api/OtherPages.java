package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.extractRequest;

import java.net.URI;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * Keeps away what other web pages ask in the name of a browser's user: their requests reach
 * addresses of this machine's loopback network too.
 */
final class OtherPages {
  private OtherPages() {}

  static Route keptAwayFrom(Route inner) {
    return extractRequest(
        request -> {
          Optional<String> origin = request.getHeader("Origin").map(HttpHeader::value);
          if (origin.isPresent() && !origin.get().equalsIgnoreCase(own(request))) {
            throw new Refused(
                Refused.Reason.FORBIDDEN,
                "This was asked by a page of %s. Only pages of this coordinator may do that; ask from the command line or a program."
                    .formatted(origin.get()));
          }
          return inner;
        });
  }

  private static String own(HttpRequest request) {
    return URI.create(request.getUri().toString()).getScheme()
        + "://"
        + request
            .getHeader("Host")
            .map(HttpHeader::value)
            .orElseGet(() -> URI.create(request.getUri().toString()).getAuthority());
  }
}
