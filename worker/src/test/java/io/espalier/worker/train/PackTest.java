package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.lora.AdapterLayout;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class PackTest {
  private static final double[] RATES = {1e-3, 3e-3, 1e-4, 1e-2};
  private static final float WEIGHTS = 2e-5f;
  private static BaseModel model;
  private static List<TokenRow> rows;

  @BeforeAll
  static void load() {
    model = BaseModel.load(Golden.path("models/qwen2_tiny"), Device.cpu());
    rows = Golden.rows("qwen2_tiny");
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static Training training(int seed, double dropout) {
    return Leases.hyperparameters(TrainType.LORA, RATES[seed], 2, 1)
        .with(
            Map.of(
                "label_smoothing_factor",
                "0.1",
                "lora_rank",
                "4",
                "lora_alpha",
                Integer.toString(8 + seed),
                "lora_dropout",
                Double.toString(dropout),
                "target_modules",
                "q_proj, v_proj, down_proj",
                "seed",
                Integer.toString(seed)))
        .training();
  }

  private static MicroBatch.Part part(int update, int seed) {
    List<TokenRow> batch =
        List.of(rows.get((2 * update + seed) % 16), rows.get((2 * update + 1 + 3 * seed) % 16));
    int targets = batch.stream().mapToInt(TokenRow::targets).sum();
    return Packs.part(batch, 1.0 / targets, new long[] {77L * update + seed, 5 + update});
  }

  private record Trained(List<Double> losses, float[] weights) {}

  private static Trained alone(int seed, double dropout, int updates) {
    try (Pack pack = Packs.fresh(model, training(seed, dropout))) {
      var losses = new ArrayList<Double>();
      for (int update = 0; update < updates; update++) {
        pack.accumulate(MicroBatch.of(List.of(part(update, seed))));
        losses.add(pack.measure().get(0).loss());
        pack.update(new boolean[] {true}, new double[] {RATES[seed]});
      }
      return new Trained(losses, pack.parameters(0));
    }
  }

  private static void packedEqualsAlone(double dropout) {
    try (Pack pack =
        Packs.fresh(
            model,
            training(0, dropout),
            training(1, dropout),
            training(2, dropout),
            training(3, dropout))) {
      var losses = new ArrayList<List<Pack.Measured>>();
      for (int update = 0; update < 12; update++) {
        pack.accumulate(
            MicroBatch.of(
                List.of(part(update, 0), part(update, 1), part(update, 2), part(update, 3))));
        losses.add(pack.measure());
        pack.update(new boolean[] {true, true, true, true}, RATES);
      }
      for (int slot = 0; slot < 4; slot++) {
        Trained alone = alone(slot, dropout, 12);
        for (int update = 0; update < 12; update++) {
          assertThat(losses.get(update).get(slot).loss())
              .describedAs("slot %d update %d", slot, update + 1)
              .isCloseTo(alone.losses.get(update), within(1e-5));
        }
        assertThat(pack.parameters(slot)).containsExactly(alone.weights, within(WEIGHTS));
      }
    }
  }

  @Test
  void four_slots_packed_train_as_each_alone() {
    packedEqualsAlone(0);
  }

  @Test
  void dropout_does_not_depend_on_slot_or_padding() {
    packedEqualsAlone(0.3);
  }

  @Test
  void dropout_changes_the_loss() {
    assertThat(alone(1, 0.3, 3).losses.get(2)).isNotEqualTo(alone(1, 0, 3).losses.get(2));
  }

  @Test
  void a_slot_that_turns_nan_disturbs_nobody() {
    AdapterLayout layout = AdapterLayout.of(model.config(), training(0, 0).lora());
    double[] rates = {RATES[0], Double.NaN};
    try (Pack pack = Packs.fresh(model, training(0, 0), training(1, 0))) {
      for (int update = 0; update < 6; update++) {
        pack.accumulate(MicroBatch.of(List.of(part(update, 0), part(update, 1))));
        List<Pack.Measured> measured = pack.measure();
        assertThat(measured.get(0).finite()).isTrue();
        assertThat(measured.get(1).finite()).isEqualTo(update == 0);
        pack.update(new boolean[] {true, true}, rates);
      }
      assertThat(pack.parameters(0)).containsExactly(alone(0, 0, 6).weights, within(WEIGHTS));
      assertThat(pack.parameters(1)).hasSize((int) layout.parameters()).contains(Float.NaN);
    }
  }

  @Test
  void a_slot_that_is_not_due_keeps_every_bit() {
    try (Pack pack = Packs.fresh(model, training(0, 0), training(1, 0))) {
      float[] before = pack.parameters(1);
      pack.accumulate(MicroBatch.of(List.of(part(0, 0), part(0, 1))));
      pack.update(new boolean[] {true, false}, RATES);
      assertThat(pack.parameters(1)).isEqualTo(before);
      assertThat(pack.parameters(0)).isNotEqualTo(alone(0, 0, 0).weights);
    }
  }

  @Test
  void a_slot_with_fewer_rows_is_filled_with_rows_that_count_nothing() {
    MicroBatch.Part full = part(0, 0);
    var shorter = Packs.part(full.rows().subList(0, 1), 0.1, new long[] {1});
    try (Pack pack = Packs.fresh(model, training(0, 0), training(0, 0));
        Pack single = Packs.fresh(model, training(0, 0))) {
      pack.accumulate(MicroBatch.of(List.of(full, shorter)));
      single.accumulate(MicroBatch.of(List.of(shorter)));
      assertThat(pack.measure().get(1).loss())
          .isCloseTo(single.measure().get(0).loss(), within(1e-6));
      assertThat(pack.measure().get(1).gradNorm())
          .isCloseTo(single.measure().get(0).gradNorm(), within(1e-5));
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void hundreds_of_updates_leave_memory_flat() throws IOException {
    try (Pack pack = Packs.fresh(model, training(0, 0))) {
      step(pack, 150);
      long before = residentKilobytes();
      step(pack, 300);
      assertThat(residentKilobytes() - before).isLessThan(60_000);
    }
  }

  private static void step(Pack pack, int updates) {
    for (int update = 0; update < updates; update++) {
      pack.accumulate(MicroBatch.of(List.of(part(update, 0))));
      pack.measure();
      pack.update(new boolean[] {true}, new double[] {1e-4});
    }
  }

  private static long residentKilobytes() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void adamw_without_decay_or_clipping_moves_each_weight_by_the_learning_rate_at_first() {
    Training some =
        Leases.hyperparameters(TrainType.LORA, 1e-3, 2, 1)
            .with(Map.of("adam_epsilon", "1e-30", "weight_decay", "0", "max_grad_norm", "0"))
            .training();
    AdapterLayout layout = AdapterLayout.of(model.config(), some.lora());
    try (Pack pack = Packs.fresh(model, some)) {
      pack.accumulate(MicroBatch.of(List.of(part(0, 0))));
      pack.update(new boolean[] {true}, new double[] {1e-3});
      float[] after = pack.parameters(0);
      // B starts at zero, so the gradient of A is zero and that of B is not.
      long moved = 0;
      for (AdapterLayout.Matrix matrix : layout.matrices()) {
        if (matrix.side() == AdapterLayout.Side.B) {
          for (int i = 0; i < matrix.size(); i++) {
            assertThat(Math.abs(after[(int) matrix.offset() + i])).isCloseTo(1e-3f, within(1e-6f));
            moved++;
          }
        }
      }
      assertThat(moved).isPositive();
    }
  }
}
