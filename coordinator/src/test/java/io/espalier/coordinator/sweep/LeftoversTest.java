package io.espalier.coordinator.sweep;

import static io.espalier.coordinator.sweep.Examples.NOW;
import static io.espalier.coordinator.sweep.Examples.result;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeftoversTest {
  @TempDir Path directory;

  private Path checkpoint(int branch, String attempt) throws Exception {
    Path place = directory.resolve("branches/%d/%s/checkpoints".formatted(branch, attempt));
    return Files.writeString(Files.createDirectories(place).resolve("7"), "state");
  }

  private static void ends(Life life, int branch, int attempt, Outcome outcome) {
    life.tell(
        new SweepInput.BranchEnded(
            new BranchId(branch), new Attempt(1, attempt), List.of(result(branch, outcome)), NOW));
  }

  private static SweepInput left(int branch, int attempt, String place) {
    return new SweepInput.CheckpointLeft(
        new BranchId(branch), new Attempt(1, attempt), new Checkpoint(7, place), NOW);
  }

  @Test
  void when_a_sweep_has_ended_only_what_may_be_tried_again_keeps_its_checkpoints()
      throws Exception {
    Life life = new Life(Examples.policy(10, 46, 23)).running(2);
    life.tell(left(1, 2, "branches/1/1-2/checkpoints/7"));
    ends(life, 0, 1, new Outcome.Completed());
    life.tell(new SweepInput.Stop("enough", NOW));
    ends(life, 1, 2, new Outcome.Stopped("enough"));
    Path first = checkpoint(0, "1-1");
    Path again = checkpoint(0, "1-3");
    Path adapter = Files.createDirectories(directory.resolve("branches/0/1-1/adapter"));
    Path stopped = checkpoint(1, "1-2");
    Path older = Files.writeString(stopped.resolveSibling("5"), "state");

    Leftovers.clear(directory, life.sweep());

    assertThat(first.getParent()).doesNotExist();
    assertThat(again.getParent()).doesNotExist();
    assertThat(adapter).exists();
    assertThat(stopped).exists();
    assertThat(older).doesNotExist();
  }
}
