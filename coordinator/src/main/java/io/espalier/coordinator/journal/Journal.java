package io.espalier.coordinator.journal;

import com.typesafe.config.Config;
import java.util.Optional;

/** The database that holds the coordinator's events and says which coordinator is active. */
public interface Journal extends AutoCloseable {
  /** Where Pekko's JDBC journal finds its database among its settings. */
  String DATABASE = "pekko-persistence-jdbc.shared-databases.slick";

  /** What leads Pekko's JDBC journal to this database. */
  Config settings();

  /** Whether several coordinators may have it open, of which one at a time is active. */
  boolean isShared();

  /**
   * Begins a term: until it ends this coordinator alone decides.
   *
   * @param url where its clients reach it
   * @return empty while another's term lasts
   * @throws NewerJournal when a newer version has used the database meanwhile
   * @throws io.espalier.common.UserError when the database cannot be reached
   */
  Optional<Term> begin(String url);

  /**
   * Whether a coordinator that finds no other may form a cluster: nobody's term lasts, and no other
   * was told so a short while ago.
   *
   * @throws io.espalier.common.UserError when the database cannot be reached
   */
  boolean mayFormCluster();

  /**
   * Where clients reach the coordinator whose term it is; empty when it is nobody's, or not told.
   *
   * @throws io.espalier.common.UserError when the database cannot be reached
   */
  Optional<String> active();

  /**
   * Deletes events and snapshots of an actor that is no more.
   *
   * @param persistenceId what they are filed under
   * @throws io.espalier.common.UserError when the database cannot be reached
   */
  void delete(String persistenceId);

  /** Nothing else may use it by then. */
  @Override
  void close();
}
