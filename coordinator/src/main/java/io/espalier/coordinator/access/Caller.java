package io.espalier.coordinator.access;

import java.util.Optional;

/**
 * Who asks.
 *
 * @param name absent where nobody needs a token
 */
public record Caller(Optional<String> name, Role role) {
  /** Whoever reaches a coordinator that wants no tokens. */
  public static final Caller ANYONE = new Caller(Optional.empty(), Role.ADMIN);
}
