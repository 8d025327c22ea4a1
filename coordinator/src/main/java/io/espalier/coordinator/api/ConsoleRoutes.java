package io.espalier.coordinator.api;

import static org.apache.pekko.http.javadsl.server.Directives.complete;
import static org.apache.pekko.http.javadsl.server.Directives.concat;
import static org.apache.pekko.http.javadsl.server.Directives.get;
import static org.apache.pekko.http.javadsl.server.Directives.onSuccess;
import static org.apache.pekko.http.javadsl.server.Directives.path;
import static org.apache.pekko.http.javadsl.server.Directives.pathEndOrSingleSlash;
import static org.apache.pekko.http.javadsl.server.Directives.redirect;
import static org.apache.pekko.http.javadsl.server.Directives.reject;

import io.espalier.coordinator.report.HtmlReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.ResponseEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.Uri;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.PathMatchers;
import org.apache.pekko.http.javadsl.server.Route;

/**
 * {@code /}: the console's page, its scripts and its style; {@code /openapi.yaml}. They hold
 * nothing of any sweep, so they need no token; what the page shows it asks of the API, as everybody
 * does.
 */
record ConsoleRoutes(Desk desk) {
  /** The description of the API, for programs. */
  private static final String API = "openapi.yaml";

  private static final String PAGE = "index.html";
  private static final String CHARTS = HtmlReport.UPLOT + "dist/";

  private static final Map<String, ContentType> TYPES =
      Map.of(
          "html", ContentTypes.TEXT_HTML_UTF8,
          "yaml", ContentTypes.parse("application/yaml"),
          "css", ContentTypes.parse("text/css; charset=UTF-8"),
          "js", ContentTypes.parse("text/javascript; charset=UTF-8"),
          "svg", ContentTypes.parse("image/svg+xml"));

  /** Where a file of the page's lies in the class path. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          API,
          API,
          "uPlot.min.css",
          CHARTS + "uPlot.min.css",
          "uPlot.esm.js",
          CHARTS + "uPlot.esm.js",
          "format.js",
          HtmlReport.SCRIPTS + "format.js",
          "curves.js",
          HtmlReport.SCRIPTS + "curves.js");

  Route route() {
    // The method inside of the paths: matching one would hide what others say of methods.
    return concat(
        pathEndOrSingleSlash(() -> get(() -> onSuccess(desk.now(), ConsoleRoutes::page))),
        path(API, () -> get(() -> complete(file(API).orElseThrow()))),
        path(
            PathMatchers.segment("console").slash(PathMatchers.segment()),
            name ->
                get(
                    () ->
                        file(name)
                            .map(found -> (Route) complete(found))
                            .orElseGet(() -> reject()))));
  }

  /** The page of whoever answers the API: a browser takes a page's requests to no other host. */
  private static Route page(Desk.Answering who) {
    return who instanceof Desk.There there
        ? redirect(Uri.create(there.url() + "/"), StatusCodes.TEMPORARY_REDIRECT)
        : complete(file(PAGE).orElseThrow());
  }

  private static Optional<HttpResponse> file(String name) {
    ContentType type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    if (type == null || name.contains("/")) {
      return Optional.empty();
    }
    try (InputStream in =
        ConsoleRoutes.class.getResourceAsStream(ELSEWHERE.getOrDefault(name, "console/" + name))) {
      return in == null
          ? Optional.empty()
          : Optional.of(guarded(HttpEntities.create(type, in.readAllBytes())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What lets the page load from nowhere else, and no other page frame it. */
  private static HttpResponse guarded(ResponseEntity entity) {
    return HttpResponse.create()
        .withEntity(entity)
        .addHeader(
            RawHeader.create(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                    + " connect-src 'self'; base-uri 'none'; form-action 'none';"
                    + " frame-ancestors 'none'"))
        .addHeader(RawHeader.create("X-Content-Type-Options", "nosniff"))
        .addHeader(RawHeader.create("Referrer-Policy", "no-referrer"))
        .addHeader(RawHeader.create("Cache-Control", "no-cache"));
  }
}
