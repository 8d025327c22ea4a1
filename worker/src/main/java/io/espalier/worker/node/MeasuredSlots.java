package io.espalier.worker.node;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TorchDtype;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.memory.DeviceMemory;
import io.espalier.worker.memory.PassMemory;
import io.espalier.worker.train.KeptSpeeds;
import io.espalier.worker.train.PackSpeed;
import io.espalier.worker.train.PassCost;
import io.espalier.worker.train.Trainable;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many branches a lane trains together, and in how large passes, measured once for each kind of
 * training before its first branch. Not measured beforehand is what is fixed, and full training,
 * which shares no pass. Belongs to the thread that loads models.
 *
 * <p>Lanes against threads is not measured: two intra-op threads on two busy cores were up to ten
 * times slower than one, while two lanes of one thread each never hindered each other, so a CPU has
 * a lane for each core.
 */
final class MeasuredSlots {
  private static final Logger log = LoggerFactory.getLogger(MeasuredSlots.class);

  /** On a CPU the example's model takes about half of it. */
  private static final Duration BUDGET = Duration.ofMillis(2500);

  /** Memory changes no faster; looking at it takes as long as a small part of a pass. */
  private static final Duration MEMORY_LOOKS = Duration.ofSeconds(1);

  private final LaneSlots configured;
  private final int lanes;
  private final KeptSpeeds kept;
  private final Map<Kind, Found> known = new HashMap<>();

  MeasuredSlots(LaneSlots configured, int lanes, KeptSpeeds kept) {
    this.configured = configured;
    this.kept = kept;
    this.lanes = lanes;
  }

  /** What a kind of training is to be trained with. */
  record Found(LaneSlots slots, PassCost cost) {}

  /** What is as fast as one another with the same number of tokens in a pass. */
  private record Kind(
      String modelSha256,
      Optional<TorchDtype> dtype,
      TrainType type,
      int rankClass,
      boolean computesTwice,
      boolean fixed) {}

  /** What to go by for branches that train like this. */
  Found of(Trunks.Trunk trunk, TaskSettings settings, Training training) {
    LaneSlots asked = configured.asked(settings.passes().orElse(PassSpec.FREE).slots());
    boolean fixed = asked.fixed().isPresent() || training.trainType() == TrainType.FULL;
    DatasetSummary data = trunk.data().summary();
    var kind =
        new Kind(
            data.modelSha256(),
            training.torchDtype(),
            training.trainType(),
            Integer.highestOneBit(training.lora().rank()),
            training.gradientCheckpointing(),
            fixed);
    Found found =
        known.computeIfAbsent(
            kind,
            unknown ->
                fixed
                    ? new Found(asked, unmeasured(trunk, training))
                    : measured(trunk, training, LaneSlots.tokens(training, data)));
    return fixed ? new Found(asked, found.cost()) : found;
  }

  /** What learns from the passes that are made. */
  private PassCost unmeasured(Trunks.Trunk trunk, Training training) {
    DeviceMemory memory = DeviceMemory.of(trunk.model().device());
    if (memory.resident() == 0) {
      return PassCost.UNKNOWN;
    }
    double perSlot = Trainable.bytesOfSlot(trunk.model(), training);
    return new PassCost(
        new PassMemory(memory, memory.resident(), List.of(), perSlot, lanes, MEMORY_LOOKS),
        OptionalDouble.empty());
  }

  private Found measured(Trunks.Trunk trunk, Training training, double tokens) {
    try {
      PackSpeed speed =
          kept.measure(trunk.model(), trunk.data(), training, configured.most(), BUDGET);
      PassMemory memory =
          speed.memory(DeviceMemory.of(trunk.model().device()), lanes, MEMORY_LOOKS);
      LaneSlots found = configured.measured(speed, tokens, memory);
      log.info(
          "packs of {} tokens a branch and pass: {}; trained together are up to {} tokens",
          Math.round(tokens),
          speed.timings().stream()
              .map(
                  one ->
                      String.format(
                          Locale.ROOT, "%d of them %.1f updates/s in all", one.slots(), one.rate()))
              .collect(Collectors.joining(", ")),
          Math.round(found.tokensPerPass()));
      return new Found(found, new PassCost(memory, speed.alone()));
    } catch (RuntimeException e) {
      // Whatever it is, the branches that are trained will say it.
      log.warn("how many branches train best together could not be measured", e);
      return new Found(configured, unmeasured(trunk, training));
    }
  }
}
