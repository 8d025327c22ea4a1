package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How many of a model's answers people let pass, from CSV with a header: a row for each answer
 * judged, with {@code pass} or {@code fail} (or yes/no, true/false, 1/0) in the column {@code
 * verdict}. Other columns (the question, the answer, who judged) may be there and are not read.
 *
 * <pre>
 * question,answer,verdict
 * who are you?,I am Xiaozhi.,pass
 * "who made you, then?",I am a cat.,fail
 * </pre>
 *
 * @param passed of {@code judged}, which is at least 1
 */
record PassRate(int passed, int judged) {
  private static final String COLUMN = "verdict";
  private static final Set<String> PASS = Set.of("pass", "yes", "true", "1");
  private static final Set<String> FAIL = Set.of("fail", "no", "false", "0");
  private static final int MOST_PROBLEMS = 10;

  /** From 0 to 1. */
  double value() {
    return (double) passed / judged;
  }

  /**
   * @param file stands before line numbers in messages
   * @throws UserError with the lines that are wrong
   */
  static PassRate of(String csv, String file) {
    List<CsvRecords.Record> records = CsvRecords.of(csv, file);
    if (records.isEmpty()) {
      throw new UserError(
          "%s: is empty; expected a header with a column '%s', and a row for each answer."
              .formatted(file, COLUMN));
    }
    CsvRecords.Record header = records.get(0);
    int column =
        header.fields().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .toList()
            .indexOf(COLUMN);
    if (column < 0) {
      throw new UserError(
          "%s:%d: has no column '%s'; expected a header in commas with it; found: %s"
              .formatted(file, header.line(), COLUMN, String.join(", ", header.fields())));
    }
    return count(records.subList(1, records.size()), column, file);
  }

  private static PassRate count(List<CsvRecords.Record> rows, int column, String file) {
    int passed = 0;
    var problems = new ArrayList<String>();
    for (CsvRecords.Record row : rows) {
      String word =
          column < row.fields().size() ? row.fields().get(column).toLowerCase(Locale.ROOT) : "";
      if (PASS.contains(word)) {
        passed++;
      } else if (!FAIL.contains(word)) {
        problems.add(
            "%s:%d: %s is '%s'; expected pass or fail".formatted(file, row.line(), COLUMN, word));
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems(problems));
    }
    if (rows.isEmpty()) {
      throw new UserError(
          "%s: has a header and no row; expected one for each answer.".formatted(file));
    }
    return new PassRate(passed, rows.size());
  }

  private static String problems(List<String> problems) {
    String first = problems.stream().limit(MOST_PROBLEMS).collect(Collectors.joining("\n"));
    int more = problems.size() - MOST_PROBLEMS;
    return more > 0 ? "%s\n… and %d more lines like these".formatted(first, more) : first;
  }
}
