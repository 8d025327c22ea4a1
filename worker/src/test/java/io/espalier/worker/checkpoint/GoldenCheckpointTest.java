package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.guard.GuardMemory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** A checkpoint outlives the version that wrote it. */
class GoldenCheckpointTest {
  private static final Fingerprint FINGERPRINT =
      new Fingerprint("1a", 3, "adamw", "2b", "3c", 42, 8);

  /** Maps have one entry each: the order of more is not the same in each process. */
  private static final Standing STANDING =
      new Standing(
          20,
          19,
          new Standing.Counts(19, 2.5, 152, 9_728, 3, 61.25, 4_864),
          new GuardMemory(Map.of("loss_spike", List.of(1.0, 2.5, Double.NaN)), 0.5, 1, 12),
          Optional.of(new Standing.Patience(List.of(2.25, 2.5), 2.0, 10)),
          Optional.of(new Standing.Best(10, 2.0)),
          List.of(
              new Standing.Evaluated(
                  10, 1.25, OptionalDouble.of(2.75), Map.of("eval_loss", 2.0), true),
              new Standing.Evaluated(
                  20,
                  2.5,
                  OptionalDouble.empty(),
                  Map.of("eval_loss", Double.POSITIVE_INFINITY),
                  false)),
          List.of(new Standing.Saved(10, OptionalDouble.of(2.0), "branches/0/1-1/saved/10")),
          12.5);

  private static final BranchState STATE =
      new BranchState(
          new float[] {1, Float.NaN, -0.0f},
          new float[] {0.5f, 0.25f, 0},
          new float[0],
          new float[] {1, 2, 3},
          STANDING);

  @Test
  void it_is_written_as_it_always_was() throws Exception {
    Path written = Path.of("target/golden/checkpoint-1.safetensors");

    CheckpointFile.write(written, FINGERPRINT, STATE);

    assertThat(written).hasSameBinaryContentAs(golden("checkpoint-1"));
  }

  @Test
  void it_is_read_as_it_always_was() throws Exception {
    BranchState read = CheckpointFile.read(golden("checkpoint-1"), FINGERPRINT, 20);

    assertThat(read.weights()).isEqualTo(STATE.weights());
    assertThat(read.firstMoments()).isEqualTo(STATE.firstMoments());
    assertThat(read.secondMoments()).isEqualTo(STATE.secondMoments());
    assertThat(read.bestWeights()).isEqualTo(STATE.bestWeights());
    assertThat(read.standing()).isEqualTo(STANDING);
  }

  private static Path golden(String name) throws URISyntaxException, IOException {
    URL found = GoldenCheckpointTest.class.getResource("golden/" + name + ".safetensors");
    Path file = Path.of(Objects.requireNonNull(found, "no recorded " + name).toURI());
    assertThat(Files.size(file)).isPositive();
    return file;
  }
}
