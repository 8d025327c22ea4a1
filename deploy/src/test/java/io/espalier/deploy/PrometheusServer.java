package io.espalier.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** A real Prometheus that scrapes its targets each second, until closed. */
public final class PrometheusServer implements AutoCloseable {
  /** Names the binary; tests that need Prometheus run only where it is given. */
  static final String BINARY = "espalier.prometheus";

  private final Process process;
  private final URI address;

  private PrometheusServer(Process process, URI address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Starts it and waits until it serves.
   *
   * @param targets by job, each {@code host:port}
   * @param directory empty; its configuration, data and log
   */
  public static PrometheusServer start(Map<String, List<String>> targets, Path directory)
      throws IOException {
    Path configuration = directory.resolve("prometheus.yml");
    Files.writeString(
        configuration,
        "global: {scrape_interval: 1s}\nscrape_configs:\n"
            + targets.entrySet().stream()
                .map(
                    job ->
                        "  - {job_name: %s, static_configs: [{targets: %s}]}\n"
                            .formatted(
                                job.getKey(),
                                job.getValue().stream()
                                    .map("\"%s\""::formatted)
                                    .collect(Collectors.joining(", ", "[", "]"))))
                .collect(Collectors.joining()));
    int port = freePort();
    Process process =
        new ProcessBuilder(
                System.getProperty(BINARY),
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
    var server = new PrometheusServer(process, URI.create("http://127.0.0.1:" + port));
    try {
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(server::ready);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
    return server;
  }

  public URI address() {
    return address;
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }

  private boolean ready() throws InterruptedException {
    if (!process.isAlive()) {
      throw new IllegalStateException("Prometheus ended with " + process.exitValue());
    }
    try {
      return HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(address.resolve("/-/ready")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException notYet) {
      return false;
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
