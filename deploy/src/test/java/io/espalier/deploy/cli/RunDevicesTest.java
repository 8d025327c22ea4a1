package io.espalier.deploy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RunDevicesTest {
  @Test
  void a_run_has_one_device_and_it_must_be_there() {
    assertThat(refused("all")).contains("--devices: 'all' may be several; give one here");
    assertThat(refused("cpu,0")).contains("--devices: 'cpu,0' may be several");
    assertThat(refused("9999")).contains("--devices: there is no GPU 9999");
  }

  private static String refused(String devices) {
    var err = new ByteArrayOutputStream();
    var console =
        new CommandLineInterface(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(console.run(new String[] {"run", "none.yaml", "--devices", devices})).isNotZero();
    return err.toString(StandardCharsets.UTF_8);
  }
}
