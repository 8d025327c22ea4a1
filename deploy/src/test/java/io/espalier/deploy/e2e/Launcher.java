package io.espalier.deploy.e2e;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The packaged launcher as a process of its own. */
final class Launcher {
  private static final long MINUTES = 4;
  private static final Path DISTRIBUTION = Path.of(System.getProperty("espalier.distribution"));

  private Launcher() {}

  /** Where it is. */
  static Path program() {
    return DISTRIBUTION.resolve("espalier");
  }

  /** Runs to the end. */
  static Ended run(Path directory, String... arguments) {
    try (Running running = start(directory, arguments)) {
      return running.await();
    }
  }

  static Running start(Path directory, String... arguments) {
    return start(directory, List.of(), Map.of(), arguments);
  }

  /**
   * @param before words of another command that runs this one
   */
  static Running start(
      Path directory, List<String> before, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(program().toString());
    command.addAll(List.of(arguments));
    return start(directory, environment, command);
  }

  /** A program of the tests on the libraries of the distribution, on a heap that many can have. */
  static Running start(Path directory, Class<?> program, String... arguments) {
    String own =
        Path.of(URI.create(program.getProtectionDomain().getCodeSource().getLocation().toString()))
            .toString();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "-Dio.netty.noUnsafe=false",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                DISTRIBUTION.resolve("lib/*") + ":" + own,
                program.getName()));
    command.addAll(List.of(arguments));
    return start(directory, Map.of(), command);
  }

  private static Running start(
      Path directory, Map<String, String> environment, List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    builder.environment().putAll(environment);
    try {
      return new Running(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A launched process; its output is read as it comes. */
  static final class Running implements AutoCloseable {
    private final Process process;
    private final StringBuffer out = new StringBuffer();
    private final StringBuffer err = new StringBuffer();
    private final List<CompletableFuture<Void>> readers;

    private Running(Process process) {
      this.process = process;
      readers =
          List.of(
              CompletableFuture.runAsync(() -> drain(process.getInputStream(), out), Threads.OWN),
              CompletableFuture.runAsync(() -> drain(process.getErrorStream(), err), Threads.OWN));
    }

    private static void drain(InputStream in, StringBuffer into) {
      try (var reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
        char[] buffer = new char[4096];
        for (int n = reader.read(buffer); n >= 0; n = reader.read(buffer)) {
          into.append(buffer, 0, n);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    boolean alive() {
      return process.isAlive();
    }

    String out() {
      return out.toString();
    }

    String err() {
      return err.toString();
    }

    /** What Ctrl-C sends. */
    void interrupt() {
      Signals.send("INT", process.toHandle());
    }

    ProcessHandle handle() {
      return process.toHandle();
    }

    Ended await() {
      try {
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
          throw new AssertionError("still running after " + MINUTES + " minutes:\n" + out + err);
        }
      } catch (InterruptedException e) {
        throw new AssertionError("interrupted", e);
      }
      readers.forEach(CompletableFuture::join);
      return new Ended(process.exitValue(), out.toString(), err.toString());
    }

    /** Leaves no process behind, however the test ends. */
    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** What a command left behind. */
  record Ended(int exitCode, String out, String err) {}
}
