package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import io.espalier.common.UserError;
import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Golden;
import io.espalier.worker.model.ModelPlaces;
import io.espalier.worker.train.Leases;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrunksTest {
  private static final Path ADAPTER =
      Golden.path("runs/qwen2_tiny/rank_pattern_b4_a1/adapter_init");

  @TempDir Path folder;
  private final HandClock clock = new HandClock();
  private Trunks trunks;

  /** Goes only where a test puts it. */
  private static final class HandClock extends Clock {
    private Instant now = Instant.EPOCH;

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  @BeforeEach
  void open() throws IOException {
    trunks =
        new Trunks(
            Device.cpu(), new ModelPlaces(List.of(), folder), ReadablePlaces.anywhere(), clock);
    copy(Golden.path("models/qwen2_tiny"), folder.resolve("model"));
    write("rows.jsonl", 5);
  }

  @AfterEach
  void close() {
    trunks.close();
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private void write(String name, int rows) throws IOException {
    Files.writeString(
        folder.resolve(name),
        "{\"input_ids\": [1, 2, 3, 4], \"labels\": [-100, 2, 3, 4]}\n".repeat(rows));
  }

  /** Another number in the same place: a file of the same size. */
  private static void changeLastByte(Path file) throws IOException {
    FileTime before = Files.getLastModifiedTime(file);
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(open.length() - 1);
      int old = open.read();
      open.seek(open.length() - 1);
      open.write(old ^ 1);
    }
    Files.setLastModifiedTime(file, FileTime.fromMillis(before.toMillis() + 1000));
  }

  private TaskSettings settings(String model, String rows) {
    return new TaskSettings(
        folder.resolve(model).toString(),
        DatasetSpec.of(folder.resolve(rows).toString()),
        new EvaluationSpec(true, Set.of(Metric.LOSS), false, 8),
        Leases.NON_FINITE_ONLY,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Training training(Map<String, String> more) {
    return Hyperparameters.of(more).training();
  }

  private DatasetSummary prepare(String rows) {
    return trunks.prepare(settings("model", rows), training(Map.of()));
  }

  private BaseModel model(String name) {
    try (Trunks.Trunk trunk = trunks.trunk(settings(name, "rows.jsonl"), training(Map.of()))) {
      return trunk.model();
    }
  }

  private static boolean isFreed(BaseModel model) {
    return model.frequencies().isReleased();
  }

  @Test
  void files_that_stay_as_they_were_are_read_once() {
    BaseModel first = model("model");
    DatasetSummary rows = prepare("rows.jsonl");
    assertThat(rows.base().keySet()).containsExactly("train_loss");
    assertThat(rows.base().get("train_loss")).isBetween(4.0, 7.0);

    assertThat(model("model")).isSameAs(first);
    assertThat(prepare("rows.jsonl")).isEqualTo(rows);
  }

  @Test
  void rows_that_were_edited_in_place_are_read_anew_for_the_next_sweep() throws IOException {
    DatasetSummary before = prepare("rows.jsonl");
    BaseModel model = model("model");

    write("rows.jsonl", 7);

    assertThat(before.samples()).isEqualTo(5);
    assertThat(prepare("rows.jsonl").samples()).isEqualTo(7);
    assertThat(model("model")).as("nothing of it has changed").isSameAs(model);
  }

  @Test
  void a_sweep_that_has_begun_ends_on_the_rows_it_was_planned_for() throws IOException {
    TaskSettings settings = settings("model", "rows.jsonl");
    Training training = training(Map.of());
    DatasetSummary planned = prepare("rows.jsonl");
    write("rows.jsonl", 7);

    try (Trunks.Trunk trunk = trunks.trunk(settings, training, planned)) {
      assertThat(trunk.data().summary().matches(planned)).isTrue();
    }
    trunks.close();

    try (Trunks.Trunk trunk = trunks.trunk(settings, training, planned)) {
      assertThat(trunk.data().summary().matches(planned)).as("they are gone").isFalse();
    }
  }

  @Test
  void a_model_whose_weights_were_changed_is_loaded_anew_and_the_old_one_freed()
      throws IOException {
    BaseModel old = model("model");
    DatasetSummary before = prepare("rows.jsonl");

    changeLastByte(folder.resolve("model/model.safetensors"));

    DatasetSummary after = prepare("rows.jsonl");
    assertThat(after.modelSha256()).isNotEqualTo(before.modelSha256());
    assertThat(after.dataSha256()).isEqualTo(before.dataSha256());
    assertThat(model("model")).isNotSameAs(old);
    assertThat(isFreed(old)).isTrue();
  }

  @Test
  void an_adapter_to_start_from_that_was_changed_has_another_fingerprint() throws IOException {
    Path adapter = folder.resolve("adapter");
    copy(ADAPTER, adapter);
    TaskSettings settings = settings("model", "rows.jsonl");
    Training training = training(Map.of("init_adapter", adapter.toString()));
    DatasetSummary planned = trunks.prepare(settings, training);

    changeLastByte(adapter.resolve("adapter_model.safetensors"));

    try (Trunks.Trunk trunk = trunks.trunk(settings, training, planned)) {
      assertThat(trunk.data().summary().modelSha256()).isNotEqualTo(planned.modelSha256());
    }
  }

  @Test
  void a_model_that_nobody_used_lately_is_freed_before_another_is_loaded() throws IOException {
    copy(folder.resolve("model"), folder.resolve("second"));
    copy(folder.resolve("model"), folder.resolve("third"));
    BaseModel first = model("model");
    BaseModel second = model("second");
    assertThat(isFreed(first)).as("used just now").isFalse();

    clock.now = clock.now.plus(SharedCache.RECENT);
    assertThat(model("second")).isSameAs(second);
    model("third");

    assertThat(isFreed(first)).isTrue();
    assertThat(isFreed(second)).isFalse();
  }

  @Test
  void a_model_in_use_is_never_freed_for_another() throws IOException {
    copy(folder.resolve("model"), folder.resolve("second"));
    Training training = training(Map.of());
    Trunks.Trunk used = trunks.trunk(settings("model", "rows.jsonl"), training);
    clock.now = clock.now.plus(SharedCache.RECENT.multipliedBy(2));
    changeLastByte(folder.resolve("model/model.safetensors"));

    model("model");
    model("second");
    assertThat(isFreed(used.model())).isFalse();

    BaseModel once = used.model();
    used.close();
    used.close();
    copy(folder.resolve("second"), folder.resolve("third"));
    clock.now = clock.now.plus(SharedCache.RECENT);
    model("third");
    assertThat(isFreed(once)).isTrue();
  }

  @Test
  void what_is_no_model_is_told_and_leaves_nothing_behind() throws IOException {
    copy(folder.resolve("model"), folder.resolve("broken"));
    Files.writeString(folder.resolve("broken/model.safetensors"), "no weights");

    assertThatThrownBy(() -> model("broken")).isInstanceOf(UserError.class);
    Files.delete(folder.resolve("broken/model.safetensors"));
    Files.copy(
        folder.resolve("model/model.safetensors"), folder.resolve("broken/model.safetensors"));

    assertThat(isFreed(model("broken"))).isFalse();
  }
}
