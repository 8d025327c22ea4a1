package io.espalier.coordinator.api;

import java.util.concurrent.CompletionStage;

/** Who answers what is asked of this coordinator's API; asked anew for each request. */
@FunctionalInterface
public interface Desk {
  CompletionStage<Answering> now();

  /** Who does. */
  sealed interface Answering {}

  /** This coordinator: it is the active one. */
  record Here(Backend backend) implements Answering {}

  /** Another one, to which clients are sent on; {@code url} is {@code http://host:port}. */
  record There(String url) implements Answering {}

  /**
   * At present nobody.
   *
   * @param why for people
   */
  record Nobody(String why) implements Answering {}
}
