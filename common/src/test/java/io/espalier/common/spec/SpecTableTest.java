package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/keys.md} is made of {@link SpecKeys} and of nothing else. */
class SpecTableTest {
  private static final Path TABLE = Path.of("..", "docs", "keys.md");

  private static String table() {
    String rows =
        SpecKeys.all().stream()
            .filter(SpecKey::supported)
            .map(
                key ->
                    "| `%s` | %s | %s | %s |"
                        .formatted(
                            key.path(),
                            cell(key.type().expected()),
                            key.standard()
                                .map(text -> "`" + cell(text) + "`")
                                .orElse(key.required() ? "required" : "–"),
                            cell(key.meaning())))
            .collect(Collectors.joining("\n"));
    return """
        # Every key of a spec

        [The spec](spec.md) explains them; here each has its line: what it takes, what holds without it, what it means.
        What is not here is refused with its line, and what was probably meant.

        | Key | Takes | Default | Meaning |
        |---|---|---|---|
        %s
        """
        .formatted(rows);
  }

  private static String cell(String text) {
    return text.replace("|", "\\\\|").replace("<", "&lt;");
  }

  @Test
  void the_table_has_every_key() throws IOException {
    Path made = Files.createDirectories(Path.of("target")).resolve("keys.md");
    Files.writeString(made, table());
    assertThat(TABLE).as("copy %s there", made.toAbsolutePath()).hasSameTextualContentAs(made);
  }

  @Test
  void the_table_of_keys_is_complete_and_its_defaults_fit_their_own_types() {
    assertThat(SpecKeys.all()).extracting(SpecKey::path).doesNotHaveDuplicates();
    for (SpecKey key : SpecKeys.all()) {
      assertThat(key.meaning()).as(key.path()).isNotBlank();
      if (!(key.type() instanceof ValueType.Section)) {
        assertThat(key.standard().flatMap(key.type()::problem)).as(key.path()).isEmpty();
      }
      if (!key.section().isEmpty()) {
        assertThat(SpecKeys.find(key.section())).as(key.path()).isPresent();
      }
    }
  }
}
