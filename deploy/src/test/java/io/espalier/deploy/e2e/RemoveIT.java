package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps of a store that nobody needs any more. */
class RemoveIT {
  @TempDir Path directory;

  @Test
  void a_sweep_is_removed_with_its_files_and_the_others_stay() {
    TinySweep tiny = TinySweep.in(directory);
    String store = "--store=" + tiny.store();
    Path spec = tiny.grid("tiny", "1e-3");
    assertThat(InProcess.run("run", spec, store).exitCode()).isZero();
    assertThat(InProcess.run("run", spec, store).exitCode()).isZero();

    Launcher.Ended removed = InProcess.run("rm", "tiny-1", store);

    assertThat(removed.exitCode()).as(removed.err()).isZero();
    assertThat(removed.out()).matches("tiny-1 is removed, \\d+\\.\\d MB are free\n");
    assertThat(tiny.store().resolve("sweeps/tiny-1")).doesNotExist();
    assertThat(InProcess.run("ls", store).out()).contains("tiny-2").doesNotContain("tiny-1");
    assertThat(InProcess.run("report", "tiny-2", store).exitCode()).isZero();
    Launcher.Ended again = InProcess.run("rm", "tiny-1", store);
    assertThat(again.exitCode()).isEqualTo(1);
    assertThat(again.err()).contains("has no sweep 'tiny-1'").contains("tiny-2");
    Launcher.Ended next = InProcess.run("run", spec, store);
    assertThat(next.out()).contains("tiny-3");
  }
}
