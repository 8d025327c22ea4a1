package io.espalier.common.trial;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** Names one submitted sweep: {@code <name>-<n>}, n counting from 1 in the journal. */
public record SweepId(@JsonValue String value) {
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public SweepId {
    if (!value.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "sweep id '%s' may hold letters, digits, '.', '_' and '-' only".formatted(value));
    }
  }

  public static SweepId of(String name, int n) {
    return new SweepId(name + "-" + n);
  }

  @Override
  public String toString() {
    return value;
  }
}
