package io.espalier.deploy.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps of a store that nobody needs any more. */
class RemoveIT {
  @TempDir Path directory;

  @Test
  void room_is_made_of_uploads_that_no_sweep_needs_and_of_checkpoints() throws IOException {
    TinySweep tiny = TinySweep.in(directory);
    String store = "--store=" + tiny.store();
    assertThat(InProcess.run("run", tiny.grid("tiny", "1e-3"), store).exitCode()).isZero();
    Path uploads = Files.createDirectories(tiny.store().resolve("files"));
    Path old = Files.write(uploads.resolve("a".repeat(64)), new byte[2_000_000]);
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
    Path recent = Files.write(uploads.resolve("b".repeat(64)), new byte[1]);
    Path end = checkpoint(tiny.store().resolve("sweeps/tiny-1"));

    Launcher.Ended uploaded = InProcess.run("gc", store);
    assertThat(uploaded.exitCode()).as(uploaded.err()).isZero();
    assertThat(uploaded.out()).isEqualTo("uploaded files that no sweep needs: 2.0 MB are free\n");
    assertThat(old).doesNotExist();
    assertThat(recent).exists();
    assertThat(end).exists();

    Launcher.Ended all = InProcess.run("gc", "--checkpoints", store);
    assertThat(all.out()).contains("checkpoints of tiny-1: 0.").contains(" MB are free");
    assertThat(end).doesNotExist();
    Launcher.Ended clone =
        InProcess.run(
            "clone", "tiny-1", "0", "--from-checkpoint", "--set", "num_train_epochs=9", store);
    assertThat(clone.exitCode()).isEqualTo(1);
    assertThat(clone.err()).contains("has left no checkpoint");
  }

  private static Path checkpoint(Path sweep) throws IOException {
    try (Stream<Path> files = Files.walk(sweep)) {
      return files
          .filter(file -> file.getParent().endsWith("checkpoints"))
          .findFirst()
          .orElseThrow();
    }
  }

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
