package io.espalier.coordinator.metrics;

import io.espalier.common.metrics.ExposedMetric;
import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One trial's series: each is there from its first value until {@link #remove}. Guarded by its
 * owner's lock; scrapes read the values without it.
 */
final class LiveTrial {
  private final MeterRegistry registry;
  private final Key key;
  private final BranchId branch;
  private final long updates;
  private final Map<ExposedMetric, AtomicReference<Double>> values =
      new EnumMap<>(ExposedMetric.class);
  private final List<Meter> meters = new ArrayList<>();
  private Optional<Instant> ended = Optional.empty();

  record Key(SweepId sweep, TrialId trial) {}

  LiveTrial(MeterRegistry registry, Key key, BranchId branch, TrialConfig config, long updates) {
    this.registry = registry;
    this.key = key;
    this.branch = branch;
    this.updates = updates;
    String[] tags =
        ExposedMetric.TRIAL_INFO.tags(
            key.sweep().value(),
            key.trial().toString(),
            branch.toString(),
            value(config, "learning_rate", config.training().learningRate()),
            value(config, "num_train_epochs", config.training().numTrainEpochs()),
            Integer.toString(config.training().effectiveBatch()));
    meters.add(
        Gauge.builder(ExposedMetric.TRIAL_INFO.meterName(), () -> 1)
            .description(ExposedMetric.TRIAL_INFO.help())
            .tags(tags)
            .register(registry));
  }

  Key key() {
    return key;
  }

  boolean isOn(Lease.Key lease) {
    return branch.equals(lease.branch()) && key.sweep().equals(lease.sweep());
  }

  Optional<Instant> ended() {
    return ended;
  }

  void end(Instant when) {
    ended = Optional.of(when);
  }

  void accept(MetricRow row) {
    if (ended.isPresent() || row.update() > updates) {
      return;
    }
    if (row.measurement() instanceof Measurement.Update update) {
      set(ExposedMetric.TRIAL_TRAIN_LOSS, update.trainLoss());
      set(ExposedMetric.TRIAL_LEARNING_RATE, update.learningRate());
      set(ExposedMetric.TRIAL_GRADIENT_NORM, update.gradNorm());
      set(ExposedMetric.TRIAL_PROGRESS, (double) row.update() / updates);
    } else if (row.measurement() instanceof Measurement.Evaluation evaluation
        && evaluation.name().equals("eval_loss")) {
      set(ExposedMetric.TRIAL_EVAL_LOSS, evaluation.value());
    }
  }

  void remove() {
    meters.forEach(registry::remove);
    meters.clear();
  }

  private void set(ExposedMetric metric, double value) {
    AtomicReference<Double> known = values.get(metric);
    if (known != null) {
      known.set(value);
      return;
    }
    var first = new AtomicReference<>(value);
    values.put(metric, first);
    meters.add(
        Gauge.builder(metric.meterName(), first::get)
            .description(metric.help())
            .tags(metric.tags(key.sweep().value(), key.trial().toString()))
            .register(registry));
  }

  /** As written in the spec where it is searched. */
  private static String value(TrialConfig config, String name, double otherwise) {
    return config.point().getOrDefault(name, Double.toString(otherwise));
  }
}
