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

  @Override
  public String toString() {
    return value;
  }
}
