package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LibtorchTest {
  @Test
  void it_says_whose_it_is() {
    assertThat(Libtorch.origin(Map.of())).isEqualTo(" for CPUs, which Espalier brings");
    assertThat(
            Libtorch.origin(
                Map.of("PYTORCH_LIBRARY_PATH", "/opt/torch/lib", "PYTORCH_FLAVOR", "cu128")))
        .isEqualTo(" cu128 in /opt/torch/lib");
    assertThat(Libtorch.described()).startsWith(Libtorch.version() + " ");
  }

  /** In a process of its own, where it finds the settings of another version. */
  @Test
  void a_library_that_does_not_fit_is_refused_with_the_one_that_does() throws Exception {
    Process other = start(Loading.class);
    String said = new String(other.getInputStream().readAllBytes());
    assertThat(other.waitFor()).as(said).isZero();
    assertThat(said)
        .contains("libtorch cannot be loaded")
        .contains("fits no other version")
        .contains("unset PYTORCH_VERSION")
        .contains("PYTORCH_FLAVOR=cu128");
  }

  private static Process start(Class<?> main) throws IOException {
    var builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName())
            .redirectErrorStream(true);
    builder.environment().put("PYTORCH_VERSION", "2.1.0");
    return builder.start();
  }

  /** Says why it cannot be loaded. */
  static final class Loading {
    private Loading() {}

    public static void main(String[] arguments) {
      try {
        Libtorch.version();
        System.exit(1);
      } catch (UserError e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
