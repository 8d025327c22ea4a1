package io.espalier.coordinator.access;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What someone may do; each may also do what those before it may. */
public enum Role {
  /** Reads. */
  VIEWER,
  /** Starts, stops and changes sweeps. */
  OPERATOR,
  /** Deletes sweeps, and overrules what protects the cluster. */
  ADMIN;

  public boolean may(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** As it is written. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<Role> of(String word) {
    return Arrays.stream(values()).filter(role -> role.word().equals(word)).findFirst();
  }
}
