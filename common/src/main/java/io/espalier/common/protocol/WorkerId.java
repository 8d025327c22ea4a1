package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A worker process for as long as it lives, whatever happens to its connection: {@code
 * host-device-random}.
 */
public record WorkerId(@JsonValue String value) {
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public WorkerId {}

  /** Its host and device: the same for the next process there. */
  public String place() {
    return value.replaceFirst("-[0-9a-f]{8}$", "");
  }

  @Override
  public String toString() {
    return value;
  }
}
