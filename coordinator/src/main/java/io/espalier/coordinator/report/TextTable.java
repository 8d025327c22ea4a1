package io.espalier.coordinator.report;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table as plain text: columns aligned by what a terminal shows, so that wide characters count
 * double; lines end without spaces. Immutable.
 */
public final class TextTable {
  private static final String GAP = "  ";

  private final List<Column> columns;
  private final List<List<String>> rows;

  /** A column with its heading; numbers are set to the right. */
  public record Column(String heading, boolean right) {
    public static Column left(String heading) {
      return new Column(heading, false);
    }

    public static Column right(String heading) {
      return new Column(heading, true);
    }
  }

  public TextTable(List<Column> columns, List<List<String>> rows) {
    for (List<String> row : rows) {
      if (row.size() != columns.size()) {
        throw new IllegalArgumentException(
            "%d cells for %d columns: %s".formatted(row.size(), columns.size(), row));
      }
    }
    this.columns = List.copyOf(columns);
    this.rows = rows.stream().map(row -> row.stream().map(TextTable::printable).toList()).toList();
  }

  /** Heading, a rule, and the rows; each line ends in a line feed. */
  public String text() {
    return text(OptionalInt.empty());
  }

  /**
   * @param width columns of a terminal: a last column of sentences is cut with … so that no line is
   *     longer, but not below its heading
   */
  public String text(OptionalInt width) {
    var widths = new ArrayList<Integer>();
    for (int i = 0; i < columns.size(); i++) {
      int column = i;
      widths.add(
          Math.max(
              width(columns.get(i).heading()),
              rows.stream().mapToInt(row -> width(row.get(column))).max().orElse(0)));
    }
    width.ifPresent(columns -> narrow(widths, columns));
    var out = new StringBuilder();
    line(out, widths, columns.stream().map(Column::heading).toList());
    line(out, widths, rule(widths));
    rows.forEach(row -> line(out, widths, row));
    return out.toString();
  }

  private void narrow(List<Integer> widths, int width) {
    int last = columns.size() - 1;
    int before = widths.subList(0, last).stream().mapToInt(w -> w + GAP.length()).sum();
    int room = Math.max(width - before, width(columns.get(last).heading()));
    if (!columns.get(last).right() && room < widths.get(last)) {
      widths.set(last, room);
    }
  }

  /**
   * Under a last column of sentences it is no longer than the heading, so that it does not wrap.
   */
  private List<String> rule(List<Integer> widths) {
    int last = columns.size() - 1;
    return IntStream.rangeClosed(0, last)
        .map(
            i ->
                i == last && !columns.get(i).right()
                    ? width(columns.get(i).heading())
                    : widths.get(i))
        .mapToObj("─"::repeat)
        .toList();
  }

  private void line(StringBuilder out, List<Integer> widths, List<String> cells) {
    var line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cut(cells.get(i), widths.get(i));
      String space = " ".repeat(widths.get(i) - width(cell));
      line.append(i == 0 ? "" : GAP).append(columns.get(i).right() ? space + cell : cell + space);
    }
    out.append(line.toString().stripTrailing()).append('\n');
  }

  /** The text if it fits into so many columns, else its beginning and …. */
  static String cut(String text, int columns) {
    if (width(text) <= columns) {
      return text;
    }
    var kept = new StringBuilder();
    int left = columns - 1;
    for (int character : text.codePoints().toArray()) {
      left -= width(character);
      if (left < 0) {
        break;
      }
      kept.appendCodePoint(character);
    }
    return kept.append('…').toString();
  }

  /**
   * Columns a terminal gives the text: East Asian wide characters take two, combining ones none.
   */
  public static int width(String text) {
    return text.codePoints().map(TextTable::width).sum();
  }

  private static int width(int character) {
    return switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
      default -> isWide(character) ? 2 : 1;
    };
  }

  /** Unicode's East_Asian_Width W and F (UAX #11), by blocks. */
  private static boolean isWide(int c) {
    return (c >= 0x1100 && c <= 0x115F)
        || (c >= 0x2E80 && c <= 0xA4CF && c != 0x303F)
        || (c >= 0xAC00 && c <= 0xD7A3)
        || (c >= 0xF900 && c <= 0xFAFF)
        || (c >= 0xFE30 && c <= 0xFE6F)
        || (c >= 0xFF00 && c <= 0xFF60)
        || (c >= 0xFFE0 && c <= 0xFFE6)
        || (c >= 0x1F300 && c <= 0x1F64F)
        || (c >= 0x1F900 && c <= 0x1F9FF)
        || (c >= 0x20000 && c <= 0x3FFFD);
  }

  /** Control characters would move the cursor, or worse. */
  private static String printable(String cell) {
    return cell.codePoints()
        .mapToObj(c -> Character.isISOControl(c) ? " " : Character.toString(c))
        .collect(Collectors.joining());
  }
}
