package io.espalier.common.protocol;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * A worker process for as long as it lives, whatever happens to its connection: {@code
 * host-device-random}.
 */
public record WorkerId(@JsonValue String value) {
  private static final Pattern PROCESS = Pattern.compile("-[0-9a-f]{8}$");

  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public WorkerId {}

  /** Its host and device: the same for the next process there. */
  public String place() {
    return PROCESS.matcher(value).replaceFirst("");
  }

  @Override
  public String toString() {
    return value;
  }
}
