package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.coordinator.journal.NewerJournal;
import io.espalier.coordinator.journal.PostgresJournal;
import io.espalier.coordinator.journal.Term;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Runs where PostgreSQL is named: {@code mvn verify -Despalier.postgresql=DIRECTORY}. */
@Tag("postgresql")
class PostgresJournalTest {
  private static PostgresServer postgres;

  @BeforeAll
  static void start() {
    postgres = PostgresServer.start();
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @BeforeEach
  void an_empty_database() throws SQLException {
    sql("DROP SCHEMA public CASCADE");
    sql("CREATE SCHEMA public");
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement one = connection.createStatement()) {
      one.execute(statement);
    }
  }

  private static PostgresJournal open() {
    return PostgresJournal.open(postgres.url(), Optional.empty());
  }

  @Test
  void one_coordinator_at_a_time_has_a_term_and_the_next_begins_when_it_ends() {
    PostgresJournal ann = open();
    PostgresJournal bob = open();
    Term first = ann.begin("http://ann:8350").orElseThrow();
    assertThat(first.epoch()).isEqualTo(1);
    assertThat(first.lasts()).isTrue();
    assertThat(bob.begin("http://bob:8350")).isEmpty();
    assertThat(bob.active()).contains("http://ann:8350");

    first.end();
    assertThat(bob.active()).isEmpty();
    assertThat(bob.begin("http://bob:8350").orElseThrow().epoch()).isEqualTo(2);
    assertThat(ann.active()).contains("http://bob:8350");
  }

  @Test
  void one_coordinator_at_a_time_may_form_a_cluster_and_none_while_one_is_active()
      throws SQLException {
    PostgresJournal ann = open();
    PostgresJournal bob = open();
    assertThat(ann.mayFormCluster()).isTrue();
    assertThat(bob.mayFormCluster()).as("ann is about to").isFalse();
    Term first = ann.begin("http://ann:8350").orElseThrow();
    sql("UPDATE coordinator_term SET forming = '-infinity'");
    assertThat(bob.mayFormCluster()).as("there is one").isFalse();

    first.end();
    assertThat(bob.mayFormCluster()).isTrue();
  }

  @Test
  void a_term_that_another_followed_cannot_be_renewed_nor_end_that_of_the_other()
      throws SQLException {
    PostgresJournal journal = open();
    Term first = journal.begin("http://ann:8350").orElseThrow();
    assertThat(first.renew()).isTrue();
    // As when it was frozen for longer than it lasts.
    sql("UPDATE coordinator_term SET until = now() - interval '1 second'");
    Term second = journal.begin("http://bob:8350").orElseThrow();

    assertThat(first.renew()).isFalse();
    first.end();
    assertThat(second.renew()).isTrue();
    assertThat(journal.active()).contains("http://bob:8350");
  }

  @Test
  void coordinators_that_start_together_make_the_tables_once() {
    List<PostgresJournal> journals =
        IntStream.range(0, 4).parallel().mapToObj(number -> open()).toList();
    assertThat(journals.stream().filter(journal -> journal.begin("here").isPresent())).hasSize(1);
  }

  @Test
  void a_coordinator_begins_no_term_once_a_newer_one_has_used_the_journal() throws SQLException {
    PostgresJournal older = open();
    sql("UPDATE espalier_schema SET version = 99");
    assertThatThrownBy(() -> older.begin("http://ann:8350"))
        .isInstanceOf(NewerJournal.class)
        .hasMessageContaining("version 99")
        .hasMessageContaining("run the newer one");
  }

  @Test
  void tables_of_a_later_version_are_left_alone() throws SQLException {
    open().close();
    sql("UPDATE espalier_schema SET version = 99");
    assertThatThrownBy(PostgresJournalTest::open)
        .isInstanceOf(UserError.class)
        .hasMessageContaining("version 99")
        .hasMessageContaining("run the newer one");
  }

  @Test
  void a_database_that_cannot_be_reached_is_named_without_its_password() {
    assertThatThrownBy(
            () ->
                PostgresJournal.open(
                    "jdbc:postgresql://127.0.0.1:1/espalier?user=me&password=secret",
                    Optional.empty()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/espalier cannot be used")
        .hasMessageContaining("ESPALIER_JOURNAL_PASSWORD")
        .message()
        .doesNotContain("secret");
    assertThatThrownBy(() -> PostgresJournal.open("db:5432/espalier", Optional.empty()))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("--journal")
        .hasMessageContaining("jdbc:postgresql://HOST/DATABASE?user=NAME");
  }
}
