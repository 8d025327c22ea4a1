package io.espalier.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.SpecKey;
import io.espalier.common.spec.SpecKeys;
import io.espalier.deploy.cli.CommandLineInterface;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DocsTest {
  /** A link to a file of the repository, or within a page. */
  private static final Pattern LINK =
      Pattern.compile("]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]+))?\\)");

  @Test
  void the_page_of_the_spec_explains_every_key_that_works() throws IOException {
    String page = Files.readString(Path.of("../docs/spec.md"));
    List<String> names =
        SpecKeys.all().stream()
            .filter(key -> key.supported() && !key.path().equals("resources"))
            .map(SpecKey::name)
            .toList();

    assertThat(names)
        .hasSizeGreaterThan(40)
        .allSatisfy(name -> assertThat(page).containsPattern("\\b" + name + "\\b"));
  }

  @Test
  void the_page_of_commands_has_all_of_them() throws IOException {
    String page = Files.readString(Path.of("../docs/commands.md"));
    var usage = new ByteArrayOutputStream();
    new CommandLineInterface(new PrintStream(usage, true, UTF_8), System.err).run("--help");
    List<String> commands =
        usage
            .toString(UTF_8)
            .lines()
            .dropWhile(line -> !line.equals("Commands:"))
            .skip(1)
            .takeWhile(line -> line.startsWith("  "))
            .filter(line -> line.matches("  [a-z].*"))
            .map(line -> line.strip().split(" ", 2)[0])
            .filter(command -> !command.equals("help"))
            .toList();

    assertThat(commands)
        .hasSizeGreaterThan(12)
        .allSatisfy(command -> assertThat(page).contains("espalier " + command));
  }

  @Test
  void every_link_leads_somewhere() throws IOException {
    try (Stream<Path> docs = Files.list(Path.of("../docs"))) {
      List<Path> pages =
          Stream.concat(
                  Stream.of(Path.of("../README.md"), Path.of("../bench/README.md")),
                  docs.filter(file -> file.toString().endsWith(".md")))
              .toList();
      for (Path page : pages) {
        Matcher link = LINK.matcher(Files.readString(page));
        while (link.find()) {
          Path file = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
          assertThat(file).as("%s in %s", link.group(), page).exists();
          if (link.group(2) != null) {
            assertThat(anchors(file)).as("%s in %s", link.group(), page).contains(link.group(2));
          }
        }
      }
    }
  }

  /** As GitHub makes them of headings. */
  private static List<String> anchors(Path page) throws IOException {
    return Files.readAllLines(page).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
        .toList();
  }
}
