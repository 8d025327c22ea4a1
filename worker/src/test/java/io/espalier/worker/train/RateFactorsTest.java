package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.BatchPlan;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.evaluate.Evaluator;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.AdapterLayout.Matrix;
import io.espalier.worker.lora.AdapterLayout.Side;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LoRA+, layer-wise rates and short batches, computed a second time in float64. */
class RateFactorsTest {
  private static final double RATE = 1e-2;
  private static final double DECAY = 0.1;
  private static final int UPDATES = 5;

  private static BaseModel model;
  private static List<TokenRow> rows;
  @TempDir Path sweep;

  @BeforeAll
  static void load() {
    model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu());
    rows = Golden.rows("qwen2_tiny");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Training training(Map<String, String> more) {
    return Leases.hyperparameters(TrainType.LORA, RATE, 4, 1)
        .with(Map.of("max_grad_norm", "0", "weight_decay", Double.toString(DECAY)))
        .with(more)
        .training();
  }

  private static void accumulate(Pack pack, int update) {
    List<TokenRow> batch = rows.subList(4 * (update % 4), 4 * (update % 4) + 4);
    double targets = batch.stream().mapToInt(TokenRow::targets).sum();
    pack.accumulate(MicroBatch.of(List.of(Packs.part(batch, 1 / targets, new long[4]))));
  }

  /** A step of plain SGD from the same weights tells the gradient. */
  private static double[] gradient(AdapterLayout layout, float[] at, int update) {
    Training plain = training(Map.of("optimizer", "sgd", "weight_decay", "0"));
    try (Pack pack =
        new Pack(model, List.of(Slot.fresh(plain, new Trainable.Adapter(layout), at)))) {
      accumulate(pack, update);
      pack.update(new boolean[] {true}, new double[] {1024});
      float[] moved = pack.parameters(0);
      double[] gradient = new double[at.length];
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] = ((double) at[i] - moved[i]) / 1024;
      }
      return gradient;
    }
  }

  @Test
  void lora_plus_and_layer_wise_rates_give_each_tensor_its_own_step_of_adamw() {
    Training training = training(Map.of("lorap_lr_ratio", "16", "layerwise_lr_decay", "0.5"));
    AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
    try (Pack pack = Packs.fresh(model, training)) {
      double[] first = new double[(int) layout.parameters()];
      double[] second = new double[first.length];
      for (int update = 1; update <= UPDATES; update++) {
        float[] at = pack.parameters(0);
        double[] gradient = gradient(layout, at, update);
        accumulate(pack, update);
        pack.update(new boolean[] {true}, new double[] {RATE});
        float[] expected = adamW(layout, at, gradient, first, second, update);
        assertThat(pack.parameters(0)).containsExactly(expected, within(2e-5f));
      }
    }
  }

  private static float[] adamW(
      AdapterLayout layout,
      float[] at,
      double[] gradient,
      double[] first,
      double[] second,
      int update) {
    float[] next = at.clone();
    for (Matrix matrix : layout.matrices()) {
      boolean lowest = matrix.peftName().contains(".layers.0.");
      double rate = RATE * (lowest ? 0.5 : 1) * (matrix.side() == Side.B ? 16 : 1);
      for (int i = (int) matrix.offset(); i < matrix.offset() + matrix.size(); i++) {
        first[i] = 0.9 * first[i] + 0.1 * gradient[i];
        second[i] = 0.95 * second[i] + 0.05 * gradient[i] * gradient[i];
        double mean = first[i] / (1 - Math.pow(0.9, update));
        double root = Math.sqrt(second[i] / (1 - Math.pow(0.95, update))) + 1e-8;
        next[i] = (float) (at[i] * (1 - rate * DECAY) - rate * mean / root);
      }
    }
    return next;
  }

  @ParameterizedTest
  @ValueSource(strings = {"token", "mean_of_means"})
  void a_short_last_batch_is_a_batch_of_what_is_left(String normalisation) {
    Training training =
        training(
            Map.of(
                "learning_rate", "1e-30",
                "per_device_train_batch_size", "3",
                "gradient_accumulation_steps", "3",
                "loss_normalisation", normalisation));
    Lease lease = Leases.lease(training, Leases.NON_FINITE_ONLY, sweep, 2);
    TokenizedDataset data = Leases.data(rows);
    var cut =
        new TokenizedDataset(
            data.train().subList(0, 11), data.evaluation(), data.endTokens(), data.summary());
    var losses = new ArrayList<Double>();
    Packs.alone(
        new BranchRun(
            lease,
            model,
            cut,
            Arrays::toString,
            (u, e, s, t, measured) -> {
              if (measured instanceof Measurement.Update update) {
                losses.add(update.trainLoss());
              }
            }));

    List<int[]> last = new BatchPlan(11, training, true, 42).update(2).microBatches();
    assertThat(last).extracting(batch -> batch.length).containsExactly(2);
    List<TokenRow> left = Arrays.stream(last.get(0)).mapToObj(rows::get).toList();
    try (Pack base = Packs.fresh(model, training)) {
      assertThat(losses.get(1))
          .isCloseTo(new Evaluator(base.state(0)).score(left).loss(), within(1e-5));
    }
  }
}
