package io.espalier.coordinator;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The embedded database under the journal, an H2 file in the store. Opened before the actor system,
 * because only a plain connection says clearly that another process has the file.
 */
final class Journal implements AutoCloseable {
  private static final int LOCKED_BY_ANOTHER = 90020;

  // H2 lets one process open a file twice.
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final long epoch;

  private Journal(Path file, long epoch) {
    this.file = file;
    this.epoch = epoch;
  }

  /**
   * Creates what is missing and counts this life of the coordinator.
   *
   * @param store directory, absolute
   * @throws UserError when another coordinator uses the store, or it cannot be written
   */
  static Journal open(Path store) {
    Path file = store.resolve("journal").resolve("espalier");
    if (!OPEN.add(file)) {
      throw inUse(store);
    }
    try {
      Files.createDirectories(store.resolve("journal"));
      try (Connection connection = DriverManager.getConnection(url(file))) {
        JournalSchema.createIn(connection);
        return new Journal(file, nextEpoch(connection));
      }
    } catch (SQLException e) {
      OPEN.remove(file);
      throw e.getErrorCode() == LOCKED_BY_ANOTHER ? inUse(store) : unusable(file, e);
    } catch (IOException e) {
      OPEN.remove(file);
      throw unusable(file, e);
    }
  }

  /** Which life of the coordinator on this store this is, from 1. */
  long epoch() {
    return epoch;
  }

  String url() {
    return url(file);
  }

  /** Compacts and closes the file; nothing else may use it by then. */
  @Override
  public void close() {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement()) {
      statement.execute("SHUTDOWN COMPACT");
    } catch (SQLException e) {
      throw unusable(file, e);
    } finally {
      OPEN.remove(file);
    }
  }

  private static long nextEpoch(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.executeUpdate("UPDATE coordinator_epoch SET epoch = epoch + 1");
      try (ResultSet rows = statement.executeQuery("SELECT epoch FROM coordinator_epoch")) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  private static String url(Path file) {
    return "jdbc:h2:file:"
        + file
        + ";WRITE_DELAY=0;DB_CLOSE_DELAY=-1;DB_CLOSE_ON_EXIT=FALSE;COMPRESS=TRUE;RETENTION_TIME=5000";
  }

  private static UserError inUse(Path store) {
    return new UserError(
        "The store %s is in use by another coordinator. Only one process may use it at a time; nothing was changed. End the other one, or choose another directory with --store."
            .formatted(store));
  }

  private static UserError unusable(Path file, Exception e) {
    return new UserError(
        "The journal %s.mv.db cannot be opened: %s. Its directory must be writable for this user; choose another with --store."
            .formatted(file, e.getMessage()),
        e);
  }
}
