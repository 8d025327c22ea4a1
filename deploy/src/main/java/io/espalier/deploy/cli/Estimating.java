package io.espalier.deploy.cli;

import com.sun.management.OperatingSystemMXBean;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.coordinator.plan.Estimate;
import io.espalier.coordinator.plan.Plan;
import io.espalier.coordinator.plan.StageTree;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.model.BaseModel;
import io.espalier.worker.model.Libtorch;
import io.espalier.worker.model.ModelConfig;
import io.espalier.worker.model.Precision;
import io.espalier.worker.node.DeviceName;
import io.espalier.worker.node.LaneSlots;
import io.espalier.worker.train.KeptSpeeds;
import io.espalier.worker.train.LanesMemory;
import io.espalier.worker.train.PackSpeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Says how long a plan takes on this machine, and how much memory, after a few updates of its first
 * trial.
 *
 * @param model directory of the base model
 * @param passes what may be trained together
 */
record Estimating(DeviceName device, Path model, TokenizedDataset data, PassSpec passes) {
  private static final Duration BUDGET = Duration.ofSeconds(3);
  private static final int MOST_SLOTS = 16;

  /** Of an update at most, for its memory to be measured. */
  private static final int MOST_SECONDS = 6;

  /** How long lanes train beside each other for it. */
  private static final Duration TOGETHER = Duration.ofSeconds(2);

  private static final int MEBIBYTE = 1 << 20;

  /**
   * MiB of a sweep on a CPU that this process does not have: a coordinator's. Fitted, as {@link
   * #GAPS} is, to {@code bench/run memory --part plan}.
   */
  private static final int COORDINATOR = 80;

  /** MiB that freed buffers come to leave between others, but no more than lanes take. */
  private static final int GAPS = 180;

  private static final LanesOption options = new LanesOption();

  String text(Plan plan) {
    Training training = plan.trials().get(0).config().training();
    if (training.trainType() == TrainType.FULL) {
      return "How long full training takes is not estimated.";
    }
    long weights = weightBytes();
    if (device.equals(DeviceName.CPU) && weights > machineBytes() / 4) {
      return "How long it takes is not estimated: the model's files have %,d MiB, more than a quarter of this machine's memory."
          .formatted(weights >> 20);
    }
    ModelConfig config = ModelConfig.read(model);
    Precision precision = Precision.of(training.torchDtype(), config);
    try (BaseModel loaded = BaseModel.load(model, config, precision, device.device())) {
      Libtorch.prepareThread();
      return text(plan.stages(), loaded, training);
    }
  }

  private String text(StageTree stages, BaseModel loaded, Training training) {
    PackSpeed speed = KeptSpeeds.ofUser().measure(loaded, data, training, MOST_SLOTS, BUDGET);
    if (speed.timings().isEmpty()) {
      return "An update of trial 0 does not fit the memory of this machine's %s.".formatted(device);
    }
    int lanes = options.lanes(device);
    List<Integer> begun = Estimate.begun(stages, lanes, slots(training, speed, lanes));
    List<Estimate.Measured> updates =
        speed.timings().stream()
            .map(one -> new Estimate.Measured(one.slots(), one.seconds()))
            .toList();
    int rows = PackSpeed.rows(data, training);
    long bytes = bytes(loaded, training, speed, begun, rows);
    return Estimate.of(stages, rows, updates, lanes, Collections.max(begun), bytes).text();
  }

  /** Slots of a lane, were there branches enough. */
  private int slots(Training training, PackSpeed speed, int lanes) {
    if (passes.reproducible()) {
      return 1;
    }
    LaneSlots asked = options.slots(device).asked(passes.slots());
    double tokens = LaneSlots.tokens(training, data.summary());
    LaneSlots found =
        asked.fixed().isPresent() ? asked : asked.measured(speed, tokens, memory(speed, lanes));
    return found.more(List.of(), tokens);
  }

  private PassMemory memory(PackSpeed speed, int lanes) {
    return speed.memory(DeviceMemory.of(device.device()), lanes, Duration.ZERO);
  }

  /**
   * Most memory of the process when lanes of so many slots make their largest updates: measured,
   * unless one takes too long or too much.
   *
   * @return 0 where nothing is known
   */
  private long bytes(
      BaseModel loaded, Training training, PackSpeed speed, List<Integer> slots, int updateRows) {
    if (speed.before() == 0) {
      return 0;
    }
    int rows = Math.min(updateRows, passes.microBatch().orElse(updateRows));
    long tokens = (long) rows * data.train().stream().mapToInt(TokenRow::length).max().orElse(1);
    int most = Collections.max(slots);
    boolean tried =
        most * tokens <= speed.alone().orElseThrow() * MOST_SECONDS
            && most * tokens <= memory(speed, slots.size()).mostTokens(most);
    Optional<LanesMemory> measured =
        tried
            ? LanesMemory.measure(loaded, data, training, slots, rows, TOGETHER)
            : Optional.empty();
    LanesMemory taken =
        measured.orElseGet(
            () -> {
              double bytes = slots.stream().mapToDouble(of -> speed.bytes(of, of * tokens)).sum();
              return new LanesMemory(speed.before(), Math.round(bytes));
            });
    return taken.before() + taken.bytes() + (device.equals(DeviceName.CPU) ? beside(taken) : 0);
  }

  private static long beside(LanesMemory lanes) {
    return (long) COORDINATOR * MEBIBYTE + Math.min(lanes.bytes(), (long) GAPS * MEBIBYTE);
  }

  private long weightBytes() {
    try (Stream<Path> files = Files.list(model)) {
      return files
          .filter(file -> file.toString().endsWith(".safetensors"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long machineBytes() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getTotalMemorySize();
  }
}
