package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.train.KeptSpeeds;
import io.espalier.worker.train.Leases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuredSlotsTest {
  @TempDir Path folder;
  private Trunks trunks;
  private Trunks.Trunk trunk;
  private TaskSettings settings;

  @BeforeEach
  void open() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.writeString(
        rows, "{\"input_ids\": [1, 2, 3, 4], \"labels\": [-100, 2, 3, 4]}\n".repeat(5));
    trunks =
        new Trunks(
            Device.cpu(),
            new ModelPlaces(List.of(), folder),
            ReadablePlaces.anywhere(),
            Clock.systemUTC());
    settings =
        new TaskSettings(
            Golden.path("models/qwen2_tiny").toString(),
            DatasetSpec.of(rows.toString()),
            new EvaluationSpec(true, Set.of(Metric.LOSS), false, 8),
            Leases.NON_FINITE_ONLY,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    trunk = trunks.trunk(settings, training(Map.of()));
  }

  @AfterEach
  void close() {
    trunk.close();
    trunks.close();
  }

  private static MeasuredSlots measuring(LaneSlots configured) {
    return new MeasuredSlots(configured, 1, KeptSpeeds.ofUser());
  }

  private static Training training(Map<String, String> more) {
    return Hyperparameters.of(more).training();
  }

  @Test
  void branches_that_train_alike_are_measured_once() {
    var slots = measuring(LaneSlots.CPU);

    MeasuredSlots.Found found = slots.of(trunk, settings, training(Map.of("lora_rank", "8")));

    assertThat(found.slots()).isNotSameAs(LaneSlots.CPU);
    assertThat(found.slots().fixed()).isEqualTo(OptionalInt.empty());
    assertThat(found.cost().memory()).isNotSameAs(PassMemory.UNBOUNDED);
    assertThat(found.cost().tokensPerSecond().orElseThrow()).isPositive();
    assertThat(
            slots.of(trunk, settings, training(Map.of("lora_rank", "9", "learning_rate", "0.1"))))
        .isSameAs(found);
    assertThat(slots.of(trunk, settings, training(Map.of("lora_rank", "16")))).isNotSameAs(found);
  }

  @Test
  void a_fixed_number_stays_and_full_training_shares_no_pass() {
    LaneSlots three = LaneSlots.of(3);

    assertThat(measuring(three).of(trunk, settings, training(Map.of())).slots()).isSameAs(three);
    assertThat(
            measuring(LaneSlots.CPU)
                .of(trunk, settings, training(Map.of("train_type", "full")))
                .slots())
        .isSameAs(LaneSlots.CPU);
  }

  @Test
  void a_sweep_may_ask_for_a_number_but_for_no_more_than_a_worker_has() {
    TaskSettings five =
        new TaskSettings(
            settings.model(),
            settings.dataset(),
            settings.evaluation(),
            settings.guard(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new PassSpec(OptionalInt.of(5), OptionalInt.empty(), false)),
            Optional.empty(),
            false);

    assertThat(measuring(LaneSlots.CPU).of(trunk, five, training(Map.of())).slots())
        .isEqualTo(LaneSlots.of(5));
    assertThat(measuring(LaneSlots.of(3)).of(trunk, five, training(Map.of())).slots())
        .isEqualTo(LaneSlots.of(3));
  }
}
