package io.espalier.coordinator.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * An H2 file in the store, for a coordinator without others. Opened before the actor system,
 * because only a plain connection says clearly that another process has the file.
 */
public final class EmbeddedJournal implements Journal {
  private static final int LOCKED_BY_ANOTHER = 90020;

  // H2 lets one process open a file twice.
  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  private final Path file;

  private EmbeddedJournal(Path file) {
    this.file = file;
  }

  /**
   * Creates what is missing.
   *
   * @param store directory, absolute
   * @throws UserError when another coordinator uses the store, or it cannot be written
   */
  public static EmbeddedJournal open(Path store) {
    Path file = store.resolve("journal").resolve("espalier");
    if (!OPEN.add(file)) {
      throw inUse(store);
    }
    try {
      Files.createDirectories(store.resolve("journal"));
      try (Connection connection = DriverManager.getConnection(url(file))) {
        EmbeddedSchema.bringUpToDate(connection);
        return new EmbeddedJournal(file);
      }
    } catch (SQLException e) {
      OPEN.remove(file);
      throw e.getErrorCode() == LOCKED_BY_ANOTHER ? inUse(store) : unusable(file, e);
    } catch (IOException e) {
      OPEN.remove(file);
      throw unusable(file, e);
    }
  }

  @Override
  public Config settings() {
    // One connection for all: H2 writes fastest with a single thread.
    return ConfigFactory.parseMap(
            Map.of(
                "profile",
                "slick.jdbc.H2Profile$",
                "db.driver",
                "org.h2.Driver",
                "db.url",
                url(file),
                "db.user",
                "",
                "db.password",
                "",
                "db.numThreads",
                1,
                "db.maxConnections",
                1,
                "db.minConnections",
                1))
        .atPath(DATABASE)
        .withFallback(ConfigFactory.parseMap(Map.of("jdbc-journal.parallelism", 1)));
  }

  @Override
  public boolean isShared() {
    return false;
  }

  /** There are no others. */
  @Override
  public boolean mayFormCluster() {
    return true;
  }

  /** Nobody else has the file: it lasts as long as the process. */
  private record Life(long epoch) implements Term {
    @Override
    public boolean renew() {
      return true;
    }

    @Override
    public boolean lasts() {
      return true;
    }

    @Override
    public void end() {
      // The file is free when the process lets go of it.
    }
  }

  @Override
  public Optional<Term> begin(String url) {
    try (Connection connection = DriverManager.getConnection(url(file))) {
      return Optional.of(new Life(nextEpoch(connection)));
    } catch (SQLException e) {
      throw unusable(file, e);
    }
  }

  @Override
  public Optional<String> active() {
    return Optional.empty();
  }

  @Override
  public void delete(String persistenceId) {
    try (Connection connection = DriverManager.getConnection(url(file))) {
      Rows.delete(connection, persistenceId);
    } catch (SQLException e) {
      throw unusable(file, e);
    }
  }

  /** Compacts and closes the file; nothing else may use it by then. */
  @Override
  public void close() {
    try (Connection connection = DriverManager.getConnection(url(file));
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

  static String url(Path file) {
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
