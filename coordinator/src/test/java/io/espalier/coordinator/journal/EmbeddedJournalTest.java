package io.espalier.coordinator.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedJournalTest {
  @TempDir Path store;

  private static long epoch(Journal journal) {
    return journal.begin("").orElseThrow().epoch();
  }

  /** Another process with the journal; says so and waits for the end of its input. */
  static final class Other {
    public static void main(String[] arguments) throws Exception {
      try (Journal journal = EmbeddedJournal.open(Path.of(arguments[0]))) {
        System.out.println("open, epoch " + epoch(journal));
        System.in.read();
      }
    }
  }

  @Test
  void a_second_coordinator_on_the_store_is_told_so_and_changes_nothing() throws Exception {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Other.class.getName(),
                store.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said = other.inputReader(StandardCharsets.UTF_8)) {
      assertThat(said.readLine()).isEqualTo("open, epoch 1");
      assertThatThrownBy(() -> EmbeddedJournal.open(store))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(store.toString())
          .hasMessageContaining("in use by another coordinator")
          .hasMessageContaining("nothing was changed");
      other.getOutputStream().close();
      assertThat(other.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      other.destroyForcibly();
    }
    try (Journal journal = EmbeddedJournal.open(store)) {
      assertThat(epoch(journal)).isEqualTo(2);
    }
  }

  @Test
  void a_second_coordinator_in_the_same_process_is_told_the_same() {
    try (Journal first = EmbeddedJournal.open(store)) {
      assertThat(epoch(first)).isEqualTo(1);
      assertThatThrownBy(() -> EmbeddedJournal.open(store))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("in use by another coordinator");
    }
  }

  @Test
  void a_journal_that_a_newer_version_has_used_is_left_alone() throws Exception {
    EmbeddedJournal.open(store).close();
    try (Connection connection =
            DriverManager.getConnection("jdbc:h2:file:" + store.resolve("journal/espalier"));
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE espalier_schema SET version = 99");
    }
    assertThatThrownBy(() -> EmbeddedJournal.open(store))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("version 99")
        .hasMessageContaining("run the newer one");
  }

  @Test
  void a_store_that_cannot_be_written_is_named() throws Exception {
    Path file = Files.writeString(store.resolve("file"), "");
    assertThatThrownBy(() -> EmbeddedJournal.open(file))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("--store");
  }
}
