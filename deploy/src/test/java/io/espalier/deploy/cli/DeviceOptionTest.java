package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DeviceOptionTest {
  @Test
  void a_run_has_one_device_and_it_must_be_there() {
    assertThat(refused("run", "none.yaml", "--devices", "all"))
        .contains("--devices: 'all' may be several; give one here");
    assertThat(refused("run", "none.yaml", "--devices", "cpu,0"))
        .contains("--devices: 'cpu,0' may be several");
    assertThat(refused("run", "none.yaml", "--devices", "9999"))
        .contains("--devices: there is no GPU 9999");
  }

  @Test
  void so_has_an_answer() {
    assertThat(refused("generate", "--model", "none", "--prompt", "a", "--devices", "9999"))
        .contains("--devices: there is no GPU 9999");
    assertThat(refused("generate", "--model", "none", "--prompt", "a", "--devices", "cpu"))
        .contains("the model none is not a directory");
  }

  private static String refused(String... command) {
    var err = new ByteArrayOutputStream();
    var console =
        new CommandLineInterface(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(console.run(command)).isNotZero();
    return err.toString(StandardCharsets.UTF_8);
  }
}
