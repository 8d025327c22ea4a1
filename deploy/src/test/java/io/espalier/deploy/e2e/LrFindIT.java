package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A learning-rate range test, from a spec to its grid and its plot. */
class LrFindIT {
  @TempDir Path directory;

  @Test
  void it_trains_through_the_range_and_proposes_a_grid() throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    Path spec = tiny.grid("demo", "1e-3");

    Launcher.Ended found =
        InProcess.run("lr-find", spec, "--store", tiny.store(), "--lanes", 1, "--updates", 60);

    assertThat(found.exitCode()).as(found.err()).isZero();
    assertThat(found.out())
        .contains("falls fastest at")
        .contains("batch 4")
        .containsPattern("learning_rate: \\[[0-9.e-]+(, [0-9.e-]+)*]");
    Path plot = tiny.store().resolve("sweeps/demo-lr-find-1/lr-find.svg");
    assertThat(found.out()).contains("Plot: " + plot);
    assertThat(Files.readString(plot)).startsWith("<svg").contains("batch 4");
  }

  @Test
  void a_range_that_is_none_is_refused() {
    TinySweep tiny = TinySweep.in(directory);
    Path spec = tiny.grid("demo", "1e-3");

    Launcher.Ended refused =
        InProcess.run("lr-find", spec, "--store", tiny.store(), "--from", "1", "--to", "0.1");

    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("--from 1 --to 0.1 is no range; expected two rates");
    assertThat(tiny.store()).doesNotExist();
  }
}
