package io.espalier.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.SpecKey;
import io.espalier.common.spec.SpecKeys;
import java.io.IOException;
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
}
