package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** All that is wrong with one specification, reported together in the order of its lines. */
final class Problems {
  /** More than this nobody mends in one go. */
  private static final int SHOWN = 50;

  private static final int LONGEST_QUOTE = 60;

  private final String file;
  private final List<Problem> found = new ArrayList<>();

  private record Problem(int line, String text) {}

  Problems(String file) {
    this.file = file;
  }

  String file() {
    return file;
  }

  /**
   * @param sentence what is wrong, what was expected and what to do
   */
  void add(Node where, String path, String sentence) {
    found.add(new Problem(line(where), path + ": " + sentence));
  }

  boolean none() {
    return found.isEmpty();
  }

  /**
   * @throws UserError with one line for each problem
   */
  void throwIfAny() {
    if (found.isEmpty()) {
      return;
    }
    String shown =
        found.stream()
            .sorted(Comparator.comparingInt(Problem::line))
            .limit(SHOWN)
            .map(problem -> "%s:%d: %s".formatted(file, problem.line(), problem.text()))
            .collect(Collectors.joining("\n"));
    int hidden = found.size() - SHOWN;
    throw new UserError(hidden > 0 ? shown + "\n… and %d more".formatted(hidden) : shown);
  }

  /** Counts from 1. */
  static int line(Node node) {
    return node.getStartMark().map(Mark::getLine).orElse(0) + 1;
  }

  /** A piece of the user's text, short enough for a message. */
  static String quote(String text) {
    String line = text.replaceAll("\\s+", " ");
    return line.length() <= LONGEST_QUOTE ? line : line.substring(0, LONGEST_QUOTE) + "…";
  }
}
