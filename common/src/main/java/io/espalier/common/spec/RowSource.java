package io.espalier.common.spec;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of rows, and how many of them are taken; written {@code path} or {@code path#N}.
 *
 * @param path of a file of JSON rows
 * @param sample how many rows are drawn by the data seed, ≥ 1; absent for all of them
 */
public record RowSource(String path, OptionalInt sample) {
  private static final Pattern SAMPLED = Pattern.compile("(.+)#(\\d+)", Pattern.DOTALL);

  public RowSource {
    if (sample.isPresent() && sample.getAsInt() < 1) {
      throw new IllegalArgumentException("a sample of no row");
    }
  }

  /**
   * The source that a text such as {@code rows.jsonl#500} names.
   *
   * @throws IllegalArgumentException when the number after {@code #} is 0 or above 2^31 − 1
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static RowSource parse(String written) {
    Matcher sampled = SAMPLED.matcher(written);
    return sampled.matches()
        ? new RowSource(sampled.group(1), OptionalInt.of(Integer.parseInt(sampled.group(2))))
        : new RowSource(written, OptionalInt.empty());
  }

  /** Its path alone, whatever stands behind it. */
  static String pathOf(String written) {
    Matcher sampled = SAMPLED.matcher(written);
    return sampled.matches() ? sampled.group(1) : written;
  }

  /** The same rows of a file that is elsewhere. */
  public RowSource at(String otherPath) {
    return new RowSource(otherPath, sample);
  }

  /** As it is written. */
  @JsonValue
  @Override
  public String toString() {
    return sample.isPresent() ? path + "#" + sample.getAsInt() : path;
  }
}
