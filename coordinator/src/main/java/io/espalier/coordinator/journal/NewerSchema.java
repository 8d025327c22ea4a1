package io.espalier.coordinator.journal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A journal is of a version that this program does not know. */
final class NewerSchema extends SQLException {
  private static final long serialVersionUID = 1L;

  private NewerSchema(int there, int known) {
    super(
        "it is of version %d and this version of espalier knows %d; run the newer one"
            .formatted(there, known));
  }

  /**
   * The version that a journal is of; 0 when it has none yet.
   *
   * @throws NewerSchema when it is beyond what is known
   */
  static int version(Connection connection, int known) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT max(version) FROM espalier_schema")) {
      rows.next();
      int version = rows.getInt(1);
      if (version > known) {
        throw new NewerSchema(version, known);
      }
      return version;
    }
  }

  /** Makes it of this version. */
  static void write(Connection connection, int version) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DELETE FROM espalier_schema");
      statement.execute("INSERT INTO espalier_schema VALUES (%d)".formatted(version));
    }
  }
}
