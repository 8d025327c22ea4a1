package io.espalier.coordinator.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The rows of Pekko's JDBC journal, whose tables have the same quoted names in both databases. */
final class Rows {
  private Rows() {}

  /** Those of one actor, in one go. */
  static void delete(Connection connection, String persistenceId) throws SQLException {
    connection.setAutoCommit(false);
    for (String table : List.of("event_journal", "snapshot")) {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "DELETE FROM \"%s\" WHERE \"persistence_id\" = ?".formatted(table))) {
        statement.setString(1, persistenceId);
        statement.executeUpdate();
      }
    }
    connection.commit();
  }
}
