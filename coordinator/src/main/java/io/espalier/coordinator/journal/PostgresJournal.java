package io.espalier.coordinator.journal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.espalier.common.UserError;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL database that several coordinators share. Two that both think they are active harm
 * nothing: an event's number is taken once, and whose term is over is told so at its next renewal.
 */
public final class PostgresJournal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresJournal.class);

  /** From each renewal on; shorter than a cluster takes to give up a coordinator. */
  static final Duration TERM = Duration.ofSeconds(10);

  private static final String PREFIX = "jdbc:postgresql:";
  private static final String CONNECTING_SECONDS = "5";

  /** Less than a term, so that whoever waits for an answer in vain learns it before its end. */
  private static final String ANSWER_SECONDS = "5";

  private static final int CONNECTIONS = 4;

  private final String url;
  private final Optional<String> password;

  private PostgresJournal(String url, Optional<String> password) {
    this.url = url;
    this.password = password;
  }

  /**
   * Creates the tables where they are missing, and changes those of an older version.
   *
   * @param url {@code jdbc:postgresql://host:port/database?user=name}, as PostgreSQL's driver takes
   *     it
   * @param password absent when the url has it, or the driver finds it in a {@code .pgpass}
   * @throws UserError when it is no such address, or the database cannot be used
   */
  public static PostgresJournal open(String url, Optional<String> password) {
    if (!url.startsWith(PREFIX)) {
      throw new UserError(
          "--journal: '%s' is no address of a PostgreSQL database; expected jdbc:postgresql://HOST/DATABASE?user=NAME"
              .formatted(shown(url)));
    }
    var journal = new PostgresJournal(url, password);
    try (Connection connection = journal.connect()) {
      PostgresSchema.bringUpToDate(connection);
    } catch (SQLException e) {
      throw journal.unusable(e);
    }
    return journal;
  }

  /** Without what follows the database's name, which may hold a password. */
  public static String shown(String url) {
    return url.replaceFirst("[?].*", "").replaceFirst("//[^/@]*@", "//");
  }

  @Override
  public Config settings() {
    var values = new HashMap<String, Object>();
    values.put("profile", "slick.jdbc.PostgresProfile$");
    values.put("db.driver", "org.postgresql.Driver");
    values.put("db.url", url);
    password.ifPresent(secret -> values.put("db.password", secret));
    values.put("db.numThreads", CONNECTIONS);
    values.put("db.maxConnections", CONNECTIONS);
    values.put("db.minConnections", CONNECTIONS);
    values.put("db.connectionTimeout", "5s");
    values.put("db.properties.connectTimeout", CONNECTING_SECONDS);
    values.put("db.properties.tcpKeepAlive", "true");
    return ConfigFactory.parseMap(values).atPath(DATABASE);
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public Optional<Term> begin(String clients) {
    long now = System.nanoTime();
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                UPDATE coordinator_term SET epoch = epoch + 1, url = ?, until = now() + %s
                WHERE until < now() RETURNING epoch
                """
                    .formatted(interval()))) {
      PostgresSchema.check(connection);
      statement.setString(1, clients);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next() ? Optional.of(new Lasting(rows.getLong(1), now)) : Optional.empty();
      }
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  @Override
  public boolean mayFormCluster() {
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "UPDATE coordinator_term SET forming = now() + %s WHERE until < now() AND forming < now()"
                    .formatted(interval()))) {
      return statement.executeUpdate() == 1;
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  @Override
  public Optional<String> active() {
    try (Connection connection = connect();
        PreparedStatement statement =
            connection.prepareStatement("SELECT url FROM coordinator_term WHERE until > now()");
        ResultSet rows = statement.executeQuery()) {
      return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  @Override
  public void delete(String persistenceId) {
    try (Connection connection = connect()) {
      Rows.delete(connection, persistenceId);
    } catch (SQLException e) {
      throw unusable(e);
    }
  }

  @Override
  public void close() {
    // Each connection of its own was closed after use; the pool's close with the actor system.
  }

  private static String interval() {
    return "interval '%d seconds'".formatted(TERM.toSeconds());
  }

  private Connection connect() throws SQLException {
    var properties = new Properties();
    password.ifPresent(secret -> properties.setProperty("password", secret));
    properties.setProperty("ApplicationName", "espalier");
    properties.setProperty("connectTimeout", CONNECTING_SECONDS);
    properties.setProperty("socketTimeout", ANSWER_SECONDS);
    return DriverManager.getConnection(url, properties);
  }

  private UserError unusable(SQLException e) {
    if (e instanceof NewerSchema) {
      return new NewerJournal(
          "The journal %s cannot be used: %s.".formatted(shown(url), e.getMessage()), e);
    }
    return new UserError(
        "The journal %s cannot be used: %s. See --journal, and ESPALIER_JOURNAL_PASSWORD where it needs a password."
            .formatted(shown(url), String.valueOf(e.getMessage()).replaceFirst("[.]$", "")),
        e);
  }

  private final class Lasting implements Term {
    private final long epoch;
    private volatile long renewed;

    Lasting(long epoch, long renewed) {
      this.epoch = epoch;
      this.renewed = renewed;
    }

    @Override
    public long epoch() {
      return epoch;
    }

    @Override
    public boolean renew() {
      // Before the question: the database counts from when it reads it.
      long now = System.nanoTime();
      boolean mine = until("now() + " + interval());
      if (mine) {
        renewed = now;
      }
      return mine;
    }

    @Override
    public boolean lasts() {
      return System.nanoTime() - renewed < TERM.toNanos();
    }

    @Override
    public void end() {
      try {
        until("'-infinity'");
      } catch (UserError e) {
        LOG.debug("the term ends by itself", e);
      }
    }

    /** Whether the term is still this one. */
    private boolean until(String time) {
      try (Connection connection = connect();
          PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE coordinator_term SET until = %s WHERE epoch = ?".formatted(time))) {
        statement.setLong(1, epoch);
        return statement.executeUpdate() == 1;
      } catch (SQLException e) {
        throw unusable(e);
      }
    }
  }
}
