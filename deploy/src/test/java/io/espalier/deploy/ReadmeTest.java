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
import org.junit.jupiter.api.Test;

class ReadmeTest {
  @Test
  void it_names_every_key_of_the_spec_that_works() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
    List<String> names =
        SpecKeys.all().stream()
            .filter(key -> key.supported() && !key.path().equals("resources"))
            .map(SpecKey::name)
            .toList();

    assertThat(names)
        .hasSizeGreaterThan(40)
        .allSatisfy(name -> assertThat(readme).containsPattern("\\b" + name + "\\b"));
  }

  @Test
  void it_names_every_command() throws IOException {
    String readme = Files.readString(Path.of("../README.md"));
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
        .allSatisfy(command -> assertThat(readme).contains("espalier " + command));
  }
}
