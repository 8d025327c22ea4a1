package io.espalier.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.deploy.Main;
import java.util.List;
import org.junit.jupiter.api.Test;

class OwnCommandTest {
  @Test
  void the_same_program_starts_with_other_arguments() {
    List<String> command = OwnCommand.with(List.of("worker", "--lanes=2"));

    assertThat(command.get(0)).endsWith("/bin/java");
    assertThat(command)
        .containsSubsequence(
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            "worker",
            "--lanes=2");
  }
}
