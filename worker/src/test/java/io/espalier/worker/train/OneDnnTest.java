package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Device;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Precision;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever the processor of this machine, both ways are taken here. */
class OneDnnTest {
  @TempDir Path directory;

  private record Trained(Pack.Measured measured, float[] weights) {}

  /** One step of SGD, whose size is the gradient's. */
  private static Trained step(RandomModel random, int oneDnnFrom, Training training) {
    ModelConfig config = ModelConfig.read(random.directory());
    try (BaseModel model =
            BaseModel.load(
                random.directory(), config, Precision.FLOAT32, Device.cpu(), oneDnnFrom);
        Pack pack = Packs.fresh(model, training)) {
      int rows = random.rows().size();
      pack.accumulate(MicroBatch.of(List.of(Packs.part(random.rows(), 0.01, new long[rows]))));
      Pack.Measured measured = pack.measure().get(0);
      pack.update(new boolean[] {true}, new double[] {1});
      return new Trained(measured, pack.parameters(0));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2,",
    "gpt2,",
    "bert,",
    "qwen2,use_dora",
    "gpt2,use_dora",
    "qwen2,gradient_checkpointing"
  })
  void its_products_have_the_losses_and_gradients_of_the_others(String type, String option) {
    RandomModel random = RandomModel.in(directory, new Random(3), type, 0);
    Map<String, String> options = new HashMap<>(Map.of("optimizer", "sgd", "lora_dropout", "0.2"));
    if (option != null) {
      options.put(option, "true");
    }
    Training training = Leases.hyperparameters(TrainType.LORA, 1e-2, 4, 1).with(options).training();
    Trained mkl = step(random, 0, training);
    Trained oneDnn = step(random, 1, training);
    assertThat(mkl.measured().gradNorm()).isPositive();
    assertThat(oneDnn.measured().loss()).isCloseTo(mkl.measured().loss(), withinPercentage(1e-4));
    assertThat(oneDnn.measured().gradNorm())
        .isCloseTo(mkl.measured().gradNorm(), withinPercentage(1e-3));
    assertThat(oneDnn.weights()).containsExactly(mkl.weights(), within(1e-5f));
  }
}
