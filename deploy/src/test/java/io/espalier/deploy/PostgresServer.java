package io.espalier.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real PostgreSQL with an empty database on a free port of the loopback network, until closed.
 */
public final class PostgresServer implements AutoCloseable {
  /** Names the directory of its programs; tests that need PostgreSQL run only where it is given. */
  private static final String BINARIES = "espalier.postgresql";

  private static final Duration A_MINUTE = Duration.ofMinutes(1);

  private final Path directory;
  private final String host;
  private final int port;
  private Process process;

  private PostgresServer(Path directory, String host, int port) throws IOException {
    this.directory = directory;
    this.host = host;
    this.port = port;
    process = launch();
  }

  /** On loopback; returns when it answers. */
  public static PostgresServer start() {
    return start("127.0.0.1");
  }

  /**
   * Returns when it answers.
   *
   * @param host an address of this machine, whose neighbours are let in
   */
  public static PostgresServer start(String host) {
    try {
      Path directory = Files.createTempDirectory("espalier-postgresql");
      if (isRoot()) {
        wait(new ProcessBuilder("chown", "postgres", directory.toString()).start());
      }
      wait(
          builder(
                  "initdb",
                  "--pgdata=" + directory.resolve("data"),
                  "--username=espalier",
                  "--auth=trust",
                  "--encoding=UTF8",
                  "--no-sync")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start());
      Files.writeString(
          directory.resolve("data/pg_hba.conf"),
          "host all all %s/24 trust%n".formatted(host),
          StandardOpenOption.APPEND);
      PostgresServer server = new PostgresServer(directory, host, freePort());
      server.awaitAnswer();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As {@code --journal} takes it. */
  public String url() {
    return "jdbc:postgresql://%s:%d/postgres?user=espalier".formatted(host, port);
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** Ends it at once, as a crash does, and starts it again on its data. */
  public void crashAndRestart() {
    stop();
    try {
      process = launch();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    awaitAnswer();
  }

  @Override
  public void close() {
    stop();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process launch() throws IOException {
    return builder(
            "postgres",
            "-D",
            directory.resolve("data").toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=" + host,
            "-c",
            "unix_socket_directories=")
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** What the server calls an immediate shutdown: it recovers when it is started again. */
  private void stop() {
    try {
      wait(new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid())).start());
      if (!process.waitFor(A_MINUTE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private void awaitAnswer() {
    Awaitility.await()
        .atMost(A_MINUTE)
        .ignoreExceptions()
        .until(
            () -> {
              try (Connection connection = connect()) {
                return connection.isValid(1);
              }
            });
  }

  /** It refuses to run as root. */
  private static ProcessBuilder builder(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    if (isRoot()) {
      command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    }
    command.add(Path.of(System.getProperty(BINARIES), program).toString());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).directory(Path.of("/").toFile());
  }

  private static boolean isRoot() {
    return System.getProperty("user.name").equals("root");
  }

  private static void wait(Process process) {
    try {
      if (process.waitFor() != 0) {
        throw new AssertionError(process.info() + " failed");
      }
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
