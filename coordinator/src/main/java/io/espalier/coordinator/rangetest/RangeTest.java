package io.espalier.coordinator.rangetest;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.spec.SpecWriter;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Training;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Which rates are passed through, in how many updates.
 *
 * @param low of the first update
 * @param high of the last, &gt; {@code low}
 * @param updates ≥ 10
 */
public record RangeTest(double low, double high, int updates) {
  private static final String BATCH = "per_device_train_batch_size";

  /**
   * The spec of a sweep with a trial for each batch size that another's search has. What else that
   * searches is as its {@code training} says, and nothing is evaluated.
   */
  public String spec(SweepSpec sweep) {
    var changes = new LinkedHashMap<String, String>();
    changes.put("learning_rate", Double.toString(low));
    changes.put("max_steps", Integer.toString(updates));
    changes.put("lr_scheduler_type", "step");
    changes.put("step_size", "1");
    changes.put("gamma", Double.toString(Math.pow(high / low, 1.0 / (updates - 1))));
    changes.put("warmup_ratio", "0");
    changes.put("warmup_steps", "0");
    Training training = sweep.hyperparameters().with(changes).training();
    return SpecWriter.around(
        sweep.name() + "-lr-find",
        settings(sweep),
        training,
        Map.of(BATCH, batches(sweep, training)),
        1,
        new ObjectiveSpec("train_loss", ObjectiveSpec.Mode.MIN, List.of()));
  }

  private static List<String> batches(SweepSpec sweep, Training training) {
    SearchSpec search = sweep.search();
    List<String> searched =
        search.space().get(BATCH) instanceof Candidates.Values listed
            ? listed.values()
            : search.points().stream()
                .flatMap(point -> Optional.ofNullable(point.get(BATCH)).stream())
                .distinct()
                .toList();
    return searched.isEmpty()
        ? List.of(Integer.toString(training.perDeviceTrainBatchSize()))
        : searched;
  }

  /** It shall come apart, so that nothing ends it before it has. */
  private static TaskSettings settings(SweepSpec sweep) {
    DatasetSpec data = sweep.dataset();
    return new TaskSettings(
        sweep.model().toString(),
        new DatasetSpec(
            data.train(),
            List.of(),
            OptionalDouble.empty(),
            List.of(),
            data.system(),
            data.replace(),
            data.shuffle(),
            data.curriculum(),
            data.dataSeed(),
            data.skipBadSamples()),
        new EvaluationSpec(false, Set.of(EvaluationSpec.Metric.LOSS), false, 1),
        new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(sweep.passes()),
        Optional.empty(),
        false);
  }

  /** What was measured of one trial, as its updates passed through the rates. */
  public static RateRange range(List<MetricRow> rows) {
    return RateRange.of(
        rows.stream()
            .filter(row -> row.measurement() instanceof Measurement.Update)
            .map(row -> (Measurement.Update) row.measurement())
            .map(made -> new RateRange.Step(made.learningRate(), made.trainLoss()))
            .toList());
  }
}
