package io.espalier.coordinator.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The tables in PostgreSQL: those of Pekko's JDBC journal, and the one row that says whose term it
 * is. Made and brought up to date by whichever coordinator comes first.
 */
final class PostgresSchema {
  /** Any number that no other program locks in the same database. */
  private static final long LOCK = 0x65_73_70_61_6c_69_65_72L;

  /**
   * What each version adds to the one before; those that were released never change. New events are
   * a version too: who does not know them must not read them.
   */
  private static final List<String> VERSIONS =
      List.of(
          """
          CREATE TABLE event_journal (
            ordering BIGSERIAL UNIQUE,
            persistence_id VARCHAR(255) NOT NULL,
            sequence_number BIGINT NOT NULL,
            deleted BOOLEAN DEFAULT FALSE NOT NULL,
            writer VARCHAR(255) NOT NULL,
            write_timestamp BIGINT,
            adapter_manifest VARCHAR(255),
            event_ser_id INTEGER NOT NULL,
            event_ser_manifest VARCHAR(255) NOT NULL,
            event_payload BYTEA NOT NULL,
            meta_ser_id INTEGER,
            meta_ser_manifest VARCHAR(255),
            meta_payload BYTEA,
            PRIMARY KEY (persistence_id, sequence_number));
          CREATE TABLE event_tag (
            event_id BIGINT REFERENCES event_journal (ordering) ON DELETE CASCADE,
            tag VARCHAR(256),
            PRIMARY KEY (event_id, tag));
          CREATE TABLE snapshot (
            persistence_id VARCHAR(255) NOT NULL,
            sequence_number BIGINT NOT NULL,
            created BIGINT NOT NULL,
            snapshot_ser_id INTEGER NOT NULL,
            snapshot_ser_manifest VARCHAR(255) NOT NULL,
            snapshot_payload BYTEA NOT NULL,
            meta_ser_id INTEGER,
            meta_ser_manifest VARCHAR(255),
            meta_payload BYTEA,
            PRIMARY KEY (persistence_id, sequence_number));
          CREATE TABLE coordinator_term (epoch BIGINT NOT NULL, url VARCHAR NOT NULL, until TIMESTAMPTZ NOT NULL);
          INSERT INTO coordinator_term VALUES (0, '', '-infinity');
          """,
          "ALTER TABLE coordinator_term ADD COLUMN forming TIMESTAMPTZ NOT NULL DEFAULT '-infinity';");

  private PostgresSchema() {}

  /**
   * @throws NewerSchema when a later version of espalier has changed it
   */
  static void bringUpToDate(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_advisory_xact_lock(%d)".formatted(LOCK));
      statement.execute("CREATE TABLE IF NOT EXISTS espalier_schema (version INTEGER NOT NULL)");
      int version = NewerSchema.version(connection, VERSIONS.size());
      for (String script : VERSIONS.subList(version, VERSIONS.size())) {
        statement.execute(script);
      }
      NewerSchema.write(connection, VERSIONS.size());
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  /**
   * @throws NewerSchema when a later version of espalier has changed it
   */
  static void check(Connection connection) throws SQLException {
    NewerSchema.version(connection, VERSIONS.size());
  }
}
