package io.espalier.worker.node;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TorchDtype;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.worker.train.PackSpeed;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many branches a lane trains together, measured once for each kind of training before its
 * first branch. Not measured is what is fixed, and full training, which shares no pass. Belongs to
 * the thread that loads models.
 *
 * <p>Lanes against threads is not measured: two intra-op threads on two busy cores were up to ten
 * times slower than one, while two lanes of one thread each never hindered each other, so a CPU has
 * a lane for each core.
 */
final class MeasuredSlots {
  private static final Logger log = LoggerFactory.getLogger(MeasuredSlots.class);

  /** On a CPU the example's model takes about half of it. */
  private static final Duration BUDGET = Duration.ofMillis(2500);

  private final LaneSlots configured;
  private final Map<Kind, LaneSlots> known = new HashMap<>();

  MeasuredSlots(LaneSlots configured) {
    this.configured = configured;
  }

  /** What is as fast as one another with the same number of tokens in a pass. */
  private record Kind(
      String modelSha256, Optional<TorchDtype> dtype, int rankClass, boolean computesTwice) {}

  /** What to go by for branches that train like this. */
  LaneSlots of(Trunks.Trunk trunk, TaskSettings settings, Training training) {
    LaneSlots asked = configured.asked(settings.passes().orElse(PassSpec.FREE).slots());
    if (asked.fixed().isPresent() || training.trainType() == TrainType.FULL) {
      return asked;
    }
    DatasetSummary data = trunk.data().summary();
    var kind =
        new Kind(
            data.modelSha256(),
            training.torchDtype(),
            Integer.highestOneBit(training.lora().rank()),
            training.gradientCheckpointing());
    return known.computeIfAbsent(
        kind, unknown -> measured(trunk, training, tokens(training, data)));
  }

  private static double tokens(Training training, DatasetSummary data) {
    return (double) training.perDeviceTrainBatchSize() * data.tokens() / data.samples();
  }

  private LaneSlots measured(Trunks.Trunk trunk, Training training, double tokens) {
    try {
      PackSpeed speed =
          PackSpeed.measure(trunk.model(), trunk.data(), training, configured.most(), BUDGET);
      LaneSlots found = configured.measured(speed, tokens);
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
      return found;
    } catch (RuntimeException e) {
      // Whatever it is, the branches that are trained will say it.
      log.warn("how many branches train best together could not be measured", e);
      return configured;
    }
  }
}
