package io.espalier.deploy.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The shell blocks of a page's section that are to be executed, in their order: all that begin with
 * <code>```sh</code> and not with <code>```sh not-executed</code>.
 *
 * @param page file
 * @param heading of the section
 * @param lines commands, one a line
 */
record DocumentedCommands(Path page, String heading, List<String> lines) {
  private static final Path TOP = Path.of("..");

  DocumentedCommands {
    lines = List.copyOf(lines);
  }

  /** All sections of README and of {@code docs} that have commands. */
  static List<DocumentedCommands> all() {
    try (Stream<Path> docs = Files.list(TOP.resolve("docs"))) {
      return Stream.concat(Stream.of(TOP.resolve("README.md")), docs.sorted())
          .filter(file -> file.toString().endsWith(".md"))
          .flatMap(page -> of(page).stream())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The only one with a heading.
   *
   * @throws AssertionError when there is none
   */
  static DocumentedCommands under(String heading) {
    return all().stream()
        .filter(section -> section.heading().equals(heading))
        .findAny()
        .orElseThrow(() -> new AssertionError("no commands under " + heading));
  }

  private static List<DocumentedCommands> of(Path page) {
    List<DocumentedCommands> sections = new ArrayList<>();
    String heading = "";
    List<String> lines = new ArrayList<>();
    boolean inside = false;
    boolean executed = false;
    for (String line : read(page)) {
      if (line.strip().startsWith("```")) {
        executed = !inside && line.strip().equals("```sh");
        inside = !inside;
      } else if (!inside && line.startsWith("#")) {
        sections.add(new DocumentedCommands(page, heading, lines));
        heading = line.replaceFirst("^#+ ", "");
        lines.clear();
      } else if (executed && !line.isBlank()) {
        lines.add(line);
      }
    }
    sections.add(new DocumentedCommands(page, heading, lines));
    sections.removeIf(section -> section.lines().isEmpty());
    return sections;
  }

  private static List<String> read(Path page) {
    try {
      return Files.readAllLines(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  boolean needsDatabase() {
    return lines.stream().anyMatch(line -> line.contains("jdbc:postgresql"));
  }

  @Override
  public String toString() {
    return page.getFileName() + ", " + heading;
  }
}
