package io.espalier.coordinator.plan;

import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.Warmup;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** What sharing would save under schedules that do not depend on a trial's length. */
final class OtherSchedules {
  private static final double DECAY = 0.1;

  private static final List<Scheduler> CANDIDATES =
      List.of(
          new Scheduler.Constant(),
          new Scheduler.WarmupStableDecay(
              Warmup.NONE,
              OptionalInt.empty(),
              DECAY,
              Scheduler.Decay.LINEAR,
              Scheduler.Floor.ZERO));

  private OtherSchedules() {}

  /**
   * Updates of the whole sweep by {@code lr_scheduler_type}; none where sharing is off, where the
   * spec's own schedule is one of these, or where no other would take fewer.
   */
  static Map<String, Long> of(SweepSpec spec, List<TrialConfig> trials, long samples) {
    long own = StageTree.of(spec, trials, samples).totalUpdates();
    var cheaper = new LinkedHashMap<String, Long>();
    if (!spec.share() || trials.stream().allMatch(OtherSchedules::isCandidate)) {
      return cheaper;
    }
    for (Scheduler candidate : CANDIDATES) {
      List<TrialConfig> others = trials.stream().map(trial -> with(trial, candidate)).toList();
      long updates = StageTree.of(spec, others, samples).totalUpdates();
      if (updates < own) {
        cheaper.put(candidate.word(), updates);
      }
    }
    return cheaper;
  }

  private static boolean isCandidate(TrialConfig trial) {
    String word = trial.training().scheduler().word();
    return CANDIDATES.stream().anyMatch(candidate -> candidate.word().equals(word));
  }

  private static TrialConfig with(TrialConfig trial, Scheduler scheduler) {
    Training own = trial.training();
    return new TrialConfig(
        trial.id(),
        trial.point(),
        Course.rewritten(own, own.numTrainEpochs(), own.maxSteps(), scheduler));
  }
}
