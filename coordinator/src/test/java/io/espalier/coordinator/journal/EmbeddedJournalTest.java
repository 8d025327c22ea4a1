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
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedJournalTest {
  private static final int EVENTS = 300;
  private static final int ROUNDS = 30;

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
    try (Connection connection = connect(store);
        Statement statement = connection.createStatement()) {
      statement.execute("UPDATE espalier_schema SET version = 99");
      statement.execute("SHUTDOWN");
    }
    assertThatThrownBy(() -> EmbeddedJournal.open(store))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("version 99")
        .hasMessageContaining("run the newer one");
  }

  private static Connection connect(Path store) throws SQLException {
    return DriverManager.getConnection(
        EmbeddedJournal.url(store.resolve("journal").resolve("espalier")));
  }

  /** The numbers of the events that are there, ascending. */
  private static List<Long> events(Path store) throws SQLException {
    List<Long> numbers = new ArrayList<>();
    try (Connection connection = connect(store);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT \"sequence_number\" FROM \"event_journal\" ORDER BY 1")) {
      while (rows.next()) {
        numbers.add(rows.getLong(1));
      }
      statement.execute("SHUTDOWN");
    }
    return numbers;
  }

  /** What a machine that lost its power may leave: the file ends early, or its end is garbage. */
  @Test
  void a_torn_journal_is_read_up_to_its_last_whole_event_or_named() throws Exception {
    EmbeddedJournal.open(store).close();
    Path torn = Files.createDirectories(store.resolve("torn/journal")).resolve("espalier.mv.db");
    byte[] whole;
    try (Connection connection = connect(store);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO "event_journal" ("persistence_id", "sequence_number", "writer",
                  "write_timestamp", "adapter_manifest", "event_payload", "event_ser_id",
                  "event_ser_manifest")
                VALUES ('sweep|a-1', ?, 'w', 0, '', ?, 1, '')
                """)) {
      for (long number = 1; number <= EVENTS; number++) {
        insert.setLong(1, number);
        insert.setBytes(2, new byte[500]);
        insert.executeUpdate();
      }
      // As it is on the disk while the program runs.
      whole = Files.readAllBytes(store.resolve("journal/espalier.mv.db"));
    }
    Random random = new Random(7);
    int read = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int end = whole.length - random.nextInt(whole.length / 2);
      byte[] bytes = random.nextBoolean() ? Arrays.copyOf(whole, end) : garbled(whole, end, random);
      Files.write(torn, bytes);
      try {
        EmbeddedJournal.open(store.resolve("torn")).close();
        List<Long> events = events(store.resolve("torn"));
        assertThat(events).isEqualTo(LongStream.rangeClosed(1, events.size()).boxed().toList());
        read++;
      } catch (UserError e) {
        assertThat(e).hasMessageContaining("torn/journal/espalier").hasMessageContaining("--store");
      }
    }
    assertThat(read).isGreaterThan(ROUNDS / 2);
  }

  private static byte[] garbled(byte[] whole, int from, Random random) {
    byte[] bytes = whole.clone();
    for (int at = from; at < bytes.length; at++) {
      bytes[at] = (byte) random.nextInt();
    }
    return bytes;
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
