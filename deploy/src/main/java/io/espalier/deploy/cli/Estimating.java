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
import io.espalier.worker.train.PackSpeed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Says how long a plan takes on this machine, after a few updates of its first trial.
 *
 * @param model directory of the base model
 * @param passes what may be trained together
 */
record Estimating(DeviceName device, Path model, TokenizedDataset data, PassSpec passes) {
  private static final Duration BUDGET = Duration.ofSeconds(3);
  private static final int MOST_SLOTS = 16;

  /** Of the update whose memory is measured. */
  private static final int MOST_SECONDS = 6;

  /**
   * What a sweep on a CPU takes beyond what the process had, of MiB that its lanes' largest passes
   * take together: at least as much, and {@code FACTOR · MiB ^ POWER}. Small passes are exceeded by
   * what a coordinator takes, Java's heap and what freed buffers leave between them; of large ones
   * the lanes seldom need most at the same moment. Fitted to {@code bench/run memory --part plan}.
   */
  private static final double FACTOR = 15.7;

  private static final double POWER = 0.64;

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
    int slots = Estimate.slots(stages, lanes, slots(training, speed, lanes));
    List<Estimate.Measured> updates =
        speed.timings().stream()
            .map(one -> new Estimate.Measured(one.slots(), one.seconds()))
            .toList();
    int rows = PackSpeed.rows(data, training);
    int busy = Math.min(lanes, stages.branches().size());
    long taken = taken(loaded, training, speed, busy, slots, rows);
    long needed = loaded.device().isGpu() ? taken : onCpu(taken);
    long bytes = taken == 0 ? 0 : speed.before() + needed;
    return Estimate.of(stages, rows, updates, lanes, slots, bytes).text();
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
   * Bytes that the lanes' largest passes take when they meet, as sooner or later they do: measured
   * of one lane, unless that takes too long or too much.
   *
   * @return 0 where nothing is known
   */
  private long taken(
      BaseModel loaded, Training training, PackSpeed speed, int lanes, int slots, int updateRows) {
    int rows = Math.min(updateRows, passes.microBatch().orElse(updateRows));
    int longest = data.train().stream().mapToInt(TokenRow::length).max().orElse(1);
    long tokens = (long) slots * rows * longest;
    boolean tried =
        tokens <= speed.alone().orElseThrow() * MOST_SECONDS
            && tokens <= memory(speed, lanes).mostTokens(slots);
    OptionalLong measured =
        tried ? PackSpeed.bytes(loaded, data, training, slots, rows) : OptionalLong.empty();
    return lanes * measured.orElseGet(() -> Math.round(speed.bytes(slots, tokens)));
  }

  private static long onCpu(long taken) {
    double mebibytes = FACTOR * Math.pow((double) taken / (1 << 20), POWER);
    return Math.max(taken, Math.round(mebibytes * (1 << 20)));
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
