package io.espalier.worker.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.espalier.common.UserError;
import io.espalier.common.tls.NodeCertificates;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** {@code /metrics} of a worker, over HTTPS where it has certificates. */
public final class MetricsDoor implements AutoCloseable {
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final String OPEN_METRICS_TEXT = OPEN_METRICS + "; version=1.0.0; charset=utf-8";

  private final HttpServer server;
  private final Optional<NodeCertificates> certificates;

  private MetricsDoor(HttpServer server, Optional<NodeCertificates> certificates) {
    this.server = server;
    this.certificates = certificates;
  }

  /**
   * @param bind an address of this machine
   * @param port 0 picks a free one
   * @param certificates directory of {@link NodeCertificates}
   * @throws UserError when the port cannot be opened or the certificates cannot be read
   */
  public static MetricsDoor open(
      String bind, int port, Optional<Path> certificates, WorkerMetrics metrics) {
    Optional<NodeCertificates> own = certificates.map(NodeCertificates::in);
    try {
      HttpServer server = server(new InetSocketAddress(bind, port), own);
      server.createContext("/metrics", exchange -> answer(exchange, metrics));
      server.start();
      return new MetricsDoor(server, own);
    } catch (IOException e) {
      own.ifPresent(NodeCertificates::close);
      throw new UserError(
          "Port %d on %s cannot be opened for metrics: %s. End the program that uses it, or choose another with --metrics-port."
              .formatted(port, bind, e.getMessage()),
          e);
    }
  }

  private static HttpServer server(InetSocketAddress place, Optional<NodeCertificates> own)
      throws IOException {
    if (own.isEmpty()) {
      return HttpServer.create(place, 0);
    }
    HttpsServer server = HttpsServer.create(place, 0);
    server.setHttpsConfigurator(new HttpsConfigurator(own.get().context()));
    return server;
  }

  private static void answer(HttpExchange exchange, WorkerMetrics metrics) throws IOException {
    try (exchange) {
      String accept =
          Optional.ofNullable(exchange.getRequestHeaders().getFirst("Accept")).orElse("");
      byte[] text = metrics.scrape(accept).getBytes(StandardCharsets.UTF_8);
      exchange
          .getResponseHeaders()
          .set("Content-Type", accept.contains(OPEN_METRICS) ? OPEN_METRICS_TEXT : TEXT);
      exchange.sendResponseHeaders(200, text.length);
      exchange.getResponseBody().write(text);
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    certificates.ifPresent(NodeCertificates::close);
  }
}
