package io.espalier.deploy.cli;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.List;

/** CSV by RFC 4180: fields in commas, in quotes where they hold commas, quotes or line ends. */
final class CsvRecords {
  private final String text;
  private final String source;
  private int at;
  private int line = 1;

  private CsvRecords(String text, String source) {
    this.text = text.startsWith("\uFEFF") ? text.substring(1) : text;
    this.source = source;
  }

  /**
   * A record and the line it begins on, from 1.
   *
   * @param fields without the blanks around them
   */
  record Record(int line, List<String> fields) {}

  /**
   * The records; empty lines are none.
   *
   * @param source stands before line numbers in messages
   * @throws UserError when a quote is not closed
   */
  static List<Record> of(String text, String source) {
    CsvRecords csv = new CsvRecords(text, source);
    var records = new ArrayList<Record>();
    while (csv.at < csv.text.length()) {
      Record next = csv.next();
      if (!next.fields().equals(List.of(""))) {
        records.add(next);
      }
    }
    return records;
  }

  private Record next() {
    int first = line;
    var fields = new ArrayList<String>();
    while (true) {
      fields.add(field().strip());
      if (at < text.length() && text.charAt(at) == ',') {
        at++;
        continue;
      }
      if (at < text.length()) {
        at++;
        line++;
      }
      return new Record(first, fields);
    }
  }

  /** Up to a comma, a line feed or the end, which are left. */
  private String field() {
    var field = new StringBuilder();
    boolean quoted = false;
    int opened = line;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      boolean twice = quoted && c == '"' && at + 1 < text.length() && text.charAt(at + 1) == '"';
      if (twice) {
        field.append('"');
        at++;
      } else if (c == '"' && (quoted || field.toString().isBlank())) {
        quoted = !quoted;
      } else if (!quoted && (c == ',' || c == '\n')) {
        break;
      } else {
        line += c == '\n' ? 1 : 0;
        field.append(c);
      }
    }
    if (quoted) {
      throw new UserError(
          "%s:%d: a quote is opened and never closed; write \"\" for a quote inside a field."
              .formatted(source, opened));
    }
    return field.toString();
  }
}
