package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GradientCheckpointingTest {
  private static final int UPDATES = 4;

  private static Training training(String texts, int seed, boolean checkpointing) {
    return Leases.hyperparameters(TrainType.LORA, 1e-2, 2, 1)
        .with(
            Arrays.stream(texts.split(" "))
                .map(text -> text.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])))
        .with(
            Map.of(
                "seed",
                Integer.toString(seed),
                "gradient_checkpointing",
                Boolean.toString(checkpointing)))
        .training();
  }

  /** What was measured at each update, and each slot's weights after the last. */
  private record Trained(List<List<Pack.Measured>> measured, List<List<Float>> weights) {}

  private static Trained train(BaseModel model, List<TokenRow> rows, Training... slots) {
    var measured = new ArrayList<List<Pack.Measured>>();
    try (Pack pack = pack(model, slots)) {
      boolean[] due = new boolean[slots.length];
      Arrays.fill(due, true);
      double[] rates = new double[slots.length];
      Arrays.fill(rates, 1e-2);
      for (int update = 0; update < UPDATES; update++) {
        for (int micro = 0; micro < 2; micro++) {
          var parts = new ArrayList<MicroBatch.Part>();
          for (int slot = 0; slot < slots.length; slot++) {
            int at = 2 * update + micro + 3 * slot;
            List<TokenRow> some = List.of(rows.get(at % 16), rows.get((at + 7) % 16));
            parts.add(Packs.part(some, 0.05, new long[] {at, 31L + slot}));
          }
          pack.accumulate(MicroBatch.of(parts));
        }
        measured.add(pack.measure());
        pack.update(due, rates);
      }
      return new Trained(
          measured,
          IntStream.range(0, slots.length).mapToObj(slot -> list(pack.parameters(slot))).toList());
    }
  }

  private static Pack pack(BaseModel model, Training... slots) {
    return slots[0].trainType() == TrainType.FULL
        ? new Pack(
            model,
            List.of(
                Slot.fresh(
                    slots[0],
                    new Trainable.AllWeights(model.layout(), model.config()),
                    new float[0])))
        : Packs.fresh(model, slots);
  }

  private static List<Float> list(float[] values) {
    var list = new ArrayList<Float>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2_tiny, 2, FLOAT32, lora_dropout=0.3",
    "qwen2_tiny, 2, BFLOAT16, lora_dropout=0.3",
    "qwen2_tiny, 2, FLOAT32, target_modules=layers.1.mlp.up_proj",
    "qwen3_tiny, 2, FLOAT32, use_dora=true lora_dropout=0.2",
    "llama3rope_tiny, 1, BFLOAT16, use_dora=true",
    "gpt2_tiny, 3, FLOAT32, lora_dropout=0.3",
    "gpt2_tiny, 2, FLOAT32, use_dora=true label_smoothing_factor=0.1",
    "bert_tiny, 2, FLOAT32, lora_dropout=0.3",
    "bert_tiny, 1, FLOAT32, target_modules=pooler.dense",
    "bert_tiny, 1, BFLOAT16, use_dora=true",
    "qwen2_tiny, 1, FLOAT32, train_type=full",
    "llama_tiny, 1, FLOAT32, train_type=full",
    "gpt2_tiny, 1, FLOAT32, train_type=full",
    "bert_tiny, 1, FLOAT32, train_type=full"
  })
  void what_is_computed_a_second_time_changes_no_bit(
      String name, int slots, Precision precision, String texts) {
    Path directory = Golden.path("models/" + name);
    List<TokenRow> rows = Golden.rows(name);
    ModelConfig config = ModelConfig.read(directory);
    try (BaseModel model = BaseModel.load(directory, config, precision, Device.cpu())) {
      Trained kept = train(model, rows, trainings(texts, slots, false));
      Trained recomputed = train(model, rows, trainings(texts, slots, true));
      assertThat(recomputed.measured()).isEqualTo(kept.measured());
      assertThat(recomputed.weights().equals(kept.weights())).as("the same weights").isTrue();
      assertThat(kept.measured().get(0)).isNotEqualTo(kept.measured().get(UPDATES - 1));
    }
  }

  private static Training[] trainings(String texts, int slots, boolean checkpointing) {
    return IntStream.range(0, slots)
        .mapToObj(seed -> training(texts, seed, checkpointing))
        .toArray(Training[]::new);
  }
}
