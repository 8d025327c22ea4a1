package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Schedule;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterInit;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.lora.PeftFormat;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Adapters in float32 on a base in bfloat16. The numbers of PEFT are those of {@code
 * bfloat16/make.py}; a value near 1 is rounded by up to 1/256 in bfloat16, and what is rounded
 * where differs from one libtorch to the next.
 */
class Bfloat16Test {
  private static BaseModel load(Path directory, Precision precision) {
    return BaseModel.load(directory, ModelConfig.read(directory), precision, Device.cpu());
  }

  private static JsonNode peft(String name) throws IOException {
    try (InputStream in =
        Bfloat16Test.class.getResourceAsStream("/bfloat16/" + name.replace('/', '.') + ".json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  private static MicroBatch.Part part(List<TokenRow> rows, long... keys) {
    double targets = rows.stream().mapToInt(TokenRow::targets).sum();
    return Packs.part(rows, 1 / targets, Arrays.copyOf(keys, rows.size()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "qwen2_tiny/adamw_cosine_b4_a1",
        "qwen2_tiny/dora_b4_a1",
        "qwen3_tiny/adamw_cosine_b4_a1",
        "llama_tiny/dora_b4_a1",
        "llama3rope_tiny/adamw_cosine_b4_a1",
        "gpt2_tiny/adamw_cosine_b4_a1",
        "gpt2_tiny/dora_b4_a1",
        "bert_tiny/adamw_cosine_b4_a1"
      })
  void thirty_updates_give_the_losses_and_norms_of_peft_with_a_base_in_bfloat16(String name)
      throws IOException {
    GoldenRun run = GoldenRun.of(name);
    JsonNode expected = peft(name);
    Training training = run.training();
    Schedule schedule = training.schedule(16);
    double apart = 0;
    try (BaseModel model = load(run.modelDirectory(), Precision.BFLOAT16)) {
      PeftFormat.Adapter start =
          PeftFormat.read(run.adapter("adapter_init").orElseThrow(), model.config());
      try (Pack pack =
          new Pack(
              model,
              List.of(
                  Slot.fresh(training, new Trainable.Adapter(start.layout()), start.values())))) {
        for (int update = 1; update <= run.updates(); update++) {
          pack.accumulate(MicroBatch.of(List.of(part(run.microBatches(update).get(0)))));
          Pack.Measured measured = pack.measure().get(0);
          double loss = expected.get("loss_bf16").get(update - 1).asDouble();
          double norm = expected.get("grad_norm_bf16").get(update - 1).asDouble();
          apart += Math.abs(measured.loss() - loss) / run.updates();
          assertThat(measured.loss())
              .describedAs("loss of update %d", update)
              .isCloseTo(loss, within(1e-2));
          assertThat(measured.gradNorm())
              .describedAs("gradient norm of update %d", update)
              .isCloseTo(norm, within(1e-2 * norm));
          pack.update(new boolean[] {true}, new double[] {schedule.learningRate(update)});
        }
      }
    }
    assertThat(apart).isLessThan(3e-3);
  }

  private static Training training(String texts, int seed) {
    return Leases.hyperparameters(TrainType.LORA, 1e-2, 2, 1)
        .with(
            Arrays.stream(texts.split(" "))
                .map(text -> text.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1])))
        .with(Map.of("seed", Integer.toString(seed)))
        .training();
  }

  static List<Arguments> variants() {
    return List.of(
        Arguments.of("qwen2_tiny", "lora_dropout=0.3"),
        Arguments.of("qwen3_tiny", "use_dora=true lora_dropout=0.3"),
        Arguments.of("gpt2_tiny", "use_dora=true"),
        Arguments.of("bert_tiny", "lora_dropout=0.3"));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void four_slots_packed_train_as_each_alone(String name, String texts) {
    List<TokenRow> rows = Golden.rows(name);
    try (BaseModel model = load(Golden.path("models/" + name), Precision.BFLOAT16)) {
      Training[] slots =
          IntStream.range(0, 4).mapToObj(seed -> training(texts, seed)).toArray(Training[]::new);
      List<List<Pack.Measured>> packed = train(model, rows, slots);
      for (int slot = 0; slot < slots.length; slot++) {
        List<List<Pack.Measured>> alone = train(model, rows, slots[slot]);
        for (int update = 0; update < alone.size(); update++) {
          Pack.Measured expected = alone.get(update).get(0);
          Pack.Measured measured = packed.get(update).get(slot);
          assertThat(measured.loss()).isCloseTo(expected.loss(), within(1e-6));
          assertThat(measured.gradNorm()).isCloseTo(expected.gradNorm(), within(1e-6));
        }
      }
    }
  }

  /** What eight updates of slots with these trainings measured. */
  private static List<List<Pack.Measured>> train(
      BaseModel model, List<TokenRow> rows, Training... slots) {
    boolean[] due = new boolean[slots.length];
    Arrays.fill(due, true);
    double[] rates = Arrays.stream(slots).mapToDouble(slot -> 1e-3 * (1 + slot.seed())).toArray();
    var measured = new ArrayList<List<Pack.Measured>>();
    try (Pack pack = Packs.fresh(model, slots)) {
      for (int update = 0; update < 8; update++) {
        var parts = new ArrayList<MicroBatch.Part>();
        for (Training slot : slots) {
          int seed = (int) slot.seed();
          TokenRow one = cut(rows.get((update + seed) % 16));
          TokenRow two = cut(rows.get((3 * update + 5 * seed) % 16));
          parts.add(part(List.of(one, two), 7 * seed, 5 + update));
        }
        pack.accumulate(MicroBatch.of(parts));
        measured.add(pack.measure());
        pack.update(due, rates);
      }
    }
    return measured;
  }

  /** To a length that all rows have: another length of the pass is another order of its sums. */
  private static TokenRow cut(TokenRow row) {
    int[] ids = Arrays.copyOf(row.inputIds(), 5);
    return row.category().isPresent()
        ? TokenRow.classified(ids, row.category().getAsInt())
        : new TokenRow(ids, ids);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void gradients_are_those_of_float32_but_for_rounding(String name, String texts) {
    Path directory = Golden.path("models/" + name);
    double[] wide = gradient(directory, Precision.FLOAT32, name, texts);
    double[] narrow = gradient(directory, Precision.BFLOAT16, name, texts);
    double apart =
        length(IntStream.range(0, wide.length).mapToDouble(i -> wide[i] - narrow[i]).toArray());
    assertThat(apart).isPositive().isLessThan(0.03 * length(wide));
  }

  private static double length(double[] vector) {
    return Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum());
  }

  /** What one step of plain SGD took, of weights that were moved away from where they start. */
  private static double[] gradient(Path directory, Precision precision, String name, String texts) {
    Training training = training(texts + " optimizer=sgd weight_decay=0 max_grad_norm=0", 1);
    try (BaseModel model = load(directory, precision)) {
      AdapterLayout layout = AdapterLayout.of(model.config(), training.lora());
      var random = new Random(3);
      float[] at = AdapterInit.values(layout, 1, () -> model.firstValues(layout.options()));
      for (int i = 0; i < at.length; i++) {
        at[i] += (float) (0.05 * random.nextGaussian());
      }
      try (Pack pack =
          new Pack(model, List.of(Slot.fresh(training, new Trainable.Adapter(layout), at)))) {
        pack.accumulate(MicroBatch.of(List.of(part(Golden.rows(name), 1, 2, 3))));
        pack.update(new boolean[] {true}, new double[] {1024});
        float[] moved = pack.parameters(0);
        return IntStream.range(0, at.length).mapToDouble(i -> at[i] - moved[i]).toArray();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "qwen2_tiny, float32, FLOAT32",
    "qwen2_tiny, bfloat16, BFLOAT16",
    "qwen2_tiny, auto, FLOAT32",
    "qwen2_tiny_bf16, float32, FLOAT32",
    "qwen2_tiny_bf16, auto, BFLOAT16"
  })
  void auto_is_what_the_models_config_says(String name, String dtype, Precision expected) {
    var asked = Hyperparameters.of(Map.of("torch_dtype", dtype)).training().torchDtype();
    var config = ModelConfig.read(Golden.path("models/" + name));
    assertThat(Precision.of(asked, config)).isEqualTo(expected);
  }
}
