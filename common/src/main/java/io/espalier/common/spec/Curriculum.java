package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/**
 * By what each epoch's rows are ordered, ascending; written {@code length} or {@code field:NAME}.
 * Rows that are equal in it stay as they would be without.
 *
 * @param field a key of the rows that holds a number; absent for the number of their tokens
 */
public record Curriculum(Optional<String> field) {
  private static final String LENGTH = "length";
  private static final String FIELD = "field:";
  static final String FORM = "length|field:.+";

  /**
   * @throws IllegalArgumentException when the text is neither
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Curriculum parse(String written) {
    if (!written.matches(FORM)) {
      throw new IllegalArgumentException("no order of rows: " + written);
    }
    return new Curriculum(
        written.equals(LENGTH) ? Optional.empty() : Optional.of(written.substring(FIELD.length())));
  }

  /** As it is written. */
  @JsonValue
  @Override
  public String toString() {
    return field.map(name -> FIELD + name).orElse(LENGTH);
  }
}
