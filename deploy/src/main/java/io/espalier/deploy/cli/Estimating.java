package io.espalier.deploy.cli;

import com.sun.management.OperatingSystemMXBean;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.coordinator.plan.Estimate;
import io.espalier.coordinator.plan.Plan;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
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

  /**
   * What a coordinator and Java's heap take beside what is measured: 130 to 560 MiB, by {@code
   * bench/run memory --part plan}.
   */
  private static final double BESIDE = 512 * 1024.0 * 1024;

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
    PackSpeed speed = measured(training);
    if (speed.timings().isEmpty()) {
      return "An update of trial 0 does not fit the memory of this machine's %s.".formatted(device);
    }
    var options = new LanesOption();
    int lanes = options.lanes(device);
    LaneSlots asked = options.slots(device).asked(passes.slots());
    int slots = Estimate.slots(plan.stages(), lanes, slots(asked, training, speed, lanes));
    List<Estimate.Measured> updates =
        speed.timings().stream()
            .map(one -> new Estimate.Measured(one.slots(), one.seconds()))
            .toList();
    int busy = Math.min(lanes, plan.stages().branches().size());
    int rows = PackSpeed.rows(data, training);
    return Estimate.of(plan.stages(), rows, updates, lanes, slots, bytes(speed, busy, slots, rows))
        .text();
  }

  /** Slots of a lane, were there branches enough. */
  private int slots(LaneSlots asked, Training training, PackSpeed speed, int lanes) {
    if (passes.reproducible()) {
      return 1;
    }
    double tokens = LaneSlots.tokens(training, data.summary());
    LaneSlots found =
        asked.fixed().isPresent()
            ? asked
            : asked.measured(speed, tokens, speed.memory(lanes, Duration.ZERO));
    return found.more(List.of(), tokens);
  }

  private long bytes(PackSpeed speed, int lanes, int slots, int rows) {
    int inPass = Math.min(rows, passes.microBatch().orElse(rows));
    int longest = data.train().stream().mapToInt(TokenRow::length).max().orElse(1);
    double measured = speed.bytes(lanes, slots, inPass, longest);
    return measured == 0 ? 0 : Math.round(measured + BESIDE);
  }

  private PackSpeed measured(Training training) {
    ModelConfig config = ModelConfig.read(model);
    Precision precision = Precision.of(training.torchDtype(), config);
    try (BaseModel loaded = BaseModel.load(model, config, precision, device.device())) {
      Libtorch.prepareThread();
      return KeptSpeeds.ofUser().measure(loaded, data, training, MOST_SLOTS, BUDGET);
    }
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
