package io.espalier.coordinator.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The tables of Pekko's JDBC journal in H2. Unlike in the script that comes with it, payloads are
 * VARBINARY: as BLOBs they go to H2's large-object storage, many times slower.
 */
final class EmbeddedSchema {
  private static final String TABLES =
      """
      CREATE TABLE "event_journal" (
        "ordering" BIGINT UNIQUE NOT NULL AUTO_INCREMENT,
        "deleted" BOOLEAN DEFAULT false NOT NULL,
        "persistence_id" VARCHAR(255) NOT NULL,
        "sequence_number" BIGINT NOT NULL,
        "writer" VARCHAR NOT NULL,
        "write_timestamp" BIGINT NOT NULL,
        "adapter_manifest" VARCHAR NOT NULL,
        "event_payload" VARBINARY(10000000) NOT NULL,
        "event_ser_id" INTEGER NOT NULL,
        "event_ser_manifest" VARCHAR NOT NULL,
        "meta_payload" VARBINARY(10000000),
        "meta_ser_id" INTEGER,
        "meta_ser_manifest" VARCHAR,
        PRIMARY KEY ("persistence_id", "sequence_number"));
      CREATE TABLE "event_tag" (
        "event_id" BIGINT NOT NULL,
        "tag" VARCHAR NOT NULL,
        PRIMARY KEY ("event_id", "tag"),
        FOREIGN KEY ("event_id") REFERENCES "event_journal" ("ordering") ON DELETE CASCADE);
      CREATE TABLE "snapshot" (
        "persistence_id" VARCHAR(255) NOT NULL,
        "sequence_number" BIGINT NOT NULL,
        "created" BIGINT NOT NULL,
        "snapshot_ser_id" INTEGER NOT NULL,
        "snapshot_ser_manifest" VARCHAR NOT NULL,
        "snapshot_payload" VARBINARY(10000000) NOT NULL,
        "meta_ser_id" INTEGER,
        "meta_ser_manifest" VARCHAR,
        "meta_payload" VARBINARY(10000000),
        PRIMARY KEY ("persistence_id", "sequence_number"));
      CREATE TABLE coordinator_epoch (epoch BIGINT NOT NULL) AS SELECT 0;
      """;

  private EmbeddedSchema() {}

  /** Grows with the tables, and with the events in them. */
  private static final int VERSION = 2;

  /**
   * @throws NewerSchema when a later version of espalier has used it
   */
  static void bringUpToDate(Connection connection) throws SQLException {
    createIn(connection);
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS espalier_schema (version INTEGER NOT NULL)");
    }
    if (NewerSchema.version(connection, VERSION) < VERSION) {
      NewerSchema.write(connection, VERSION);
    }
  }

  private static void createIn(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try (ResultSet tables =
          statement.executeQuery(
              """
              SELECT count(*) FROM information_schema.tables
              WHERE table_name = 'COORDINATOR_EPOCH'
              """)) {
        tables.next();
        if (tables.getInt(1) > 0) {
          return;
        }
      }
      // The last table is the mark of completeness: what an interrupted start left goes first.
      statement.execute("DROP ALL OBJECTS");
      for (String sql : TABLES.split(";\n", -1)) {
        if (!sql.isBlank()) {
          statement.execute(sql);
        }
      }
    }
  }
}
