package io.espalier.deploy.progress;

import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * What standard output can do.
 *
 * @param redraws whether lines can be drawn over
 * @param colours whether colours are wanted; see no-color.org
 * @param measure asks for the size, which changes when the window does
 */
public record Terminal(boolean redraws, boolean colours, Supplier<Size> measure) {
  private static final Size UNKNOWN = new Size(80, 24);

  /** Columns and rows of characters. */
  public record Size(int columns, int rows) {}

  public Size size() {
    return measure.get();
  }

  /** How wide a line may be; unbounded in a file or a pipe. {@code COLUMNS} has the last word. */
  public OptionalInt width(Map<String, String> environment) {
    if (!redraws) {
      return OptionalInt.empty();
    }
    String columns = environment.getOrDefault("COLUMNS", "");
    return OptionalInt.of(
        columns.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(columns) : size().columns());
  }

  /** No terminal: a file or a pipe. */
  public static Terminal none() {
    return new Terminal(false, false, () -> UNKNOWN);
  }

  /** The launcher says whether standard output is a terminal: before JDK 22 Java cannot tell. */
  public static Terminal ofProcess(Map<String, String> environment) {
    boolean redraws = Boolean.getBoolean("espalier.terminal");
    String noColour = environment.getOrDefault("NO_COLOR", "");
    return redraws ? new Terminal(true, noColour.isEmpty(), new SizeByStty(UNKNOWN)) : none();
  }
}
