package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.espalier.deploy.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * README and the pages of {@code docs} are followed to the letter, in a directory with the
 * distribution's launcher and a small sweep in place of the example's. The hosts they name are
 * addresses of this machine's loopback network; nodes run on in the background until a section's
 * end.
 */
class DocsIT {
  private static final long MINUTES = 5;

  /** In a mount namespace, so that this machine's own names stay as they are. */
  private static final List<String> APART =
      List.of("unshare", "--mount", "--map-root-user", "bash");

  private static final Map<String, String> HOSTS = Map.of("head", "127.0.1.1", "gpu1", "127.0.1.2");

  private static final String PREAMBLE =
      """
      set -euo pipefail
      mount --bind hosts /etc/hosts
      trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
      serve() {
        local log=node-$((++nodes)).log
        "$@" > "$log" 2>&1 < /dev/null &
        until grep -qE 'coordinator: HTTP|registered with' "$log"; do
          kill -0 $! 2> /dev/null || { cat "$log"; exit 1; }
          sleep 0.1
        done
      }
      nodes=0
      """;

  @TempDir Path directory;

  static Stream<DocumentedCommands> sections() {
    return DocumentedCommands.all().stream().filter(section -> !section.needsDatabase());
  }

  @ParameterizedTest
  @MethodSource("sections")
  void every_command_does_what_it_says(DocumentedCommands section) throws Exception {
    follow(section, "");
  }

  @Test
  @Tag("postgresql")
  void also_those_of_several_coordinators() throws Exception {
    DocumentedCommands section = DocumentedCommands.under("Three coordinators on one machine");
    try (PostgresServer database = PostgresServer.start()) {
      String said = follow(section, database.url());
      assertThat(said).contains("self-cognition-1").contains("completed");
    }
  }

  @Test
  void there_are_such_commands() {
    assertThat(DocumentedCommands.all())
        .extracting(DocumentedCommands::heading)
        .contains("On a cluster", "Hosts of your own", "Certificates and tokens", "What came out");
  }

  private static boolean mayMount() throws IOException, InterruptedException {
    Process shell =
        new ProcessBuilder(
                Stream.concat(APART.stream(), Stream.of("-c", "mount --bind /etc/hosts /etc/hosts"))
                    .toList())
            .start();
    return shell.waitFor() == 0;
  }

  /** Executes a section's commands; what they wrote. */
  private String follow(DocumentedCommands section, String database)
      throws IOException, InterruptedException {
    assumeTrue(mayMount(), "this user may not make mount namespaces here");
    TinySweep.in(Files.createDirectories(directory.resolve("examples")))
        .grid("self-cognition", "1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3");
    Path launcher = directory.resolve("espalier");
    Files.writeString(launcher, "#!/bin/sh\nexec %s \"$@\"\n".formatted(Launcher.program()));
    Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        directory.resolve("hosts"),
        "127.0.0.1 localhost\n"
            + HOSTS.entrySet().stream()
                .map(host -> host.getValue() + " " + host.getKey() + "\n")
                .collect(Collectors.joining()));
    Files.createDirectories(directory.resolve("shared/data"));
    String script =
        section.lines().stream()
            .map(line -> here(line, database))
            .collect(Collectors.joining("\n", PREAMBLE, "\n"));
    Path file = Files.writeString(directory.resolve("script.sh"), script);
    Path said = directory.resolve("said.txt");
    Process shell =
        new ProcessBuilder(Stream.concat(APART.stream(), Stream.of(file.toString())).toList())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      boolean ended = shell.waitFor(MINUTES, TimeUnit.MINUTES);
      assertThat(ended && shell.exitValue() == 0)
          .as("%s:\n%s\n%s", section, script, Files.readString(said))
          .isTrue();
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
    return Files.readString(said);
  }

  /** A line as it is executed: nodes in the background, paths below the test's directory. */
  private String here(String line, String database) {
    // The tests do not run the tests.
    String command = line.startsWith("mvn ") ? "true" : line;
    return command
        .replaceFirst("^\\./espalier (coordinator|worker)\\b", "serve ./espalier $1")
        .replace("/shared/", directory + "/shared/")
        .replace("/var/tmp/espalier", directory.resolve("spool").toString())
        .replace("jdbc:postgresql://db/espalier?user=espalier", database);
  }
}
