package io.espalier.deploy.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.node.DeviceName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The processes here are shells that note each of their lives. */
class DeviceProcessesTest {
  @TempDir Path directory;
  private Path lives;

  @BeforeEach
  void no_life_yet() throws IOException {
    lives = Files.createFile(directory.resolve("lives"));
  }

  private DeviceProcesses start(String then) {
    return DeviceProcesses.start(
        List.of(DeviceName.CPU),
        device -> List.of("sh", "-c", "echo $$ >> " + lives + "; " + then),
        Duration.ZERO);
  }

  private List<String> lives() throws IOException {
    return Files.readAllLines(lives);
  }

  @Test
  void a_process_that_ends_is_started_again() {
    try (DeviceProcesses processes = start("exit 1")) {
      await().until(() -> lives().size() >= 2);
      assertThat(processes.areGivenUp()).isFalse();
    }
  }

  @Test
  void a_problem_that_its_user_must_mend_is_not_tried_again() throws IOException {
    try (DeviceProcesses processes = start("exit " + DeviceProcesses.NOT_AGAIN)) {
      await().until(processes::areGivenUp);
      assertThat(lives()).hasSize(1);
    }
  }

  @Test
  void processes_end_with_whoever_started_them() throws IOException {
    try (DeviceProcesses processes = start("cat > /dev/null")) {
      await().until(() -> lives().size() == 1);
      assertThat(processes.areGivenUp()).isFalse();
    }
    assertThat(ProcessHandle.of(Long.parseLong(lives().get(0)))).isEmpty();
  }
}
