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
 *
 * @param name the coordinator's own host name
 * @param open whether nobody needs a token
 */
record OtherPages(String name, boolean open) {
  private static final String LOCAL = "localhost";

  /** What only digits and dots, or colons, make up. */
  private static final String IP_ADDRESS = "[0-9.]+|\\[[0-9a-fA-F:.]+]";

  Route keptAwayFrom(Route inner) {
    return extractRequest(
        request -> {
          Optional<String> origin = value(request, "Origin");
          if (origin.isPresent() && !origin.get().equalsIgnoreCase(own(request))) {
            throw new Refused(
                Refused.Reason.FORBIDDEN,
                "This was asked by a page of %s. Only pages of this coordinator may do that; ask from the command line or a program."
                    .formatted(origin.get()));
          }
          if (open && isBrowser(request) && !isOwnName(host(request))) {
            // A page may have its own name's address changed to this one, and so be of one origin.
            throw new Refused(
                Refused.Reason.FORBIDDEN,
                "A browser asked for the host '%s'. Without tokens only %s, %s and IP addresses are answered to browsers."
                    .formatted(host(request), LOCAL, name));
          }
          return inner;
        });
  }

  private static boolean isBrowser(HttpRequest request) {
    return value(request, "Sec-Fetch-Site").isPresent() || value(request, "Origin").isPresent();
  }

  private boolean isOwnName(String host) {
    return host.equalsIgnoreCase(LOCAL) || host.equalsIgnoreCase(name) || host.matches(IP_ADDRESS);
  }

  private static String host(HttpRequest request) {
    return authority(request).replaceFirst(":\\d+$", "");
  }

  private static String own(HttpRequest request) {
    return URI.create(request.getUri().toString()).getScheme() + "://" + authority(request);
  }

  private static String authority(HttpRequest request) {
    return value(request, "Host")
        .orElseGet(() -> URI.create(request.getUri().toString()).getAuthority());
  }

  private static Optional<String> value(HttpRequest request, String header) {
    return request.getHeader(header).map(HttpHeader::value);
  }
}
