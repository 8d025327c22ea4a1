package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Device;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.BaseModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogitsInPartsTest {
  /** Of so many tokens the engine computes the logits at 127 places at a time. */
  private static final int MANY = 1 << 20;

  private static final int ROWS = 3;
  private static final int TARGETS = 44;

  @TempDir Path directory;

  private record Trained(Pack.Measured measured, float[] weights) {}

  /** One step of SGD, whose size is the gradient's. */
  private static Trained step(
      BaseModel model, List<TokenRow> rows, int perPass, boolean checkpointing) {
    Training training =
        Leases.hyperparameters(TrainType.LORA, 1e-2, ROWS, 1)
            .with(
                Map.of(
                    "optimizer", "sgd", "gradient_checkpointing", Boolean.toString(checkpointing)))
            .training();
    try (Pack pack = Packs.fresh(model, training)) {
      for (int at = 0; at < ROWS; at += perPass) {
        List<TokenRow> some = rows.subList(at, at + perPass);
        pack.accumulate(
            MicroBatch.of(List.of(Packs.part(some, 1.0 / (ROWS * TARGETS), new long[perPass]))));
      }
      Pack.Measured measured = pack.measure().get(0);
      pack.update(new boolean[] {true}, new double[] {1});
      return new Trained(measured, pack.parameters(0));
    }
  }

  @Test
  void a_pass_with_too_many_targets_trains_as_its_rows_one_by_one() {
    var random = new Random(5);
    Path place = RandomModel.in(directory, random, "qwen2", MANY).directory();
    List<TokenRow> rows =
        Stream.generate(() -> random.ints(TARGETS + 1, 0, MANY).toArray())
            .limit(ROWS)
            .map(tokens -> new TokenRow(tokens, tokens))
            .toList();
    try (BaseModel model = BaseModel.load(place, Device.cpu())) {
      Trained alone = step(model, rows, 1, false);
      assertThat(alone.measured().gradNorm()).isPositive();
      for (boolean checkpointing : new boolean[] {false, true}) {
        Trained together = step(model, rows, ROWS, checkpointing);
        assertThat(together.measured().loss())
            .isCloseTo(alone.measured().loss(), withinPercentage(1e-4));
        assertThat(together.measured().lossSum())
            .isCloseTo(alone.measured().lossSum(), withinPercentage(1e-4));
        assertThat(together.measured().gradNorm())
            .isCloseTo(alone.measured().gradNorm(), withinPercentage(1e-3));
        assertThat(together.weights()).containsExactly(alone.weights(), within(1e-5f));
      }
    }
  }
}
