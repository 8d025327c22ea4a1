package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolLockTest {
  @TempDir Path directory;

  @Test
  void a_second_worker_on_one_spool_is_told_which_and_what_to_do() {
    Path spool = directory.resolve("spool");
    try (SpoolLock first = SpoolLock.on(spool, Duration.ZERO)) {
      assertThatThrownBy(() -> SpoolLock.on(spool, Duration.ZERO))
          .isInstanceOf(UserError.class)
          .hasMessageContaining(spool.toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining("--spool");
    }
    SpoolLock.on(spool, Duration.ZERO).close();
  }

  @Test
  void a_spool_that_cannot_be_made_is_named() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> SpoolLock.on(file.resolve("spool"), Duration.ZERO))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.resolve("spool").toString());
  }
}
