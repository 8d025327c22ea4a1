package io.espalier.coordinator.report;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.TrialId;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What was measured of each trial while it trained, by update. Of a branch that several trials
 * share, each has its {@link OwnRows own rows}.
 */
public record TrialCurves(Map<TrialId, List<MetricRow>> rows) {
  public TrialCurves {
    rows = Collections.unmodifiableMap(new LinkedHashMap<>(rows));
  }

  /** A value and how many epochs had been trained when it was measured. */
  record Point(double epoch, double value) {}

  /**
   * @param stored the rows of the sweep by branch and update, each once
   */
  public static TrialCurves of(SweepView view, Stream<MetricRow> stored) {
    return new TrialCurves(OwnRows.of(view, stored));
  }

  List<MetricRow> of(TrialId trial) {
    return rows.getOrDefault(trial, List.of());
  }

  List<Point> trainLoss(TrialId trial) {
    return updates(trial, Measurement.Update::trainLoss);
  }

  /** Something that was measured at each update. */
  List<Point> updates(TrialId trial, ToDoubleFunction<Measurement.Update> what) {
    return of(trial).stream()
        .filter(row -> row.measurement() instanceof Measurement.Update)
        .map(
            row ->
                new Point(row.epoch(), what.applyAsDouble((Measurement.Update) row.measurement())))
        .toList();
  }

  /** A metric at each evaluation that measured it. */
  List<Point> evaluated(TrialId trial, String metric) {
    return of(trial).stream()
        .filter(
            row ->
                row.measurement() instanceof Measurement.Evaluation evaluation
                    && evaluation.name().equals(metric))
        .map(row -> new Point(row.epoch(), ((Measurement.Evaluation) row.measurement()).value()))
        .toList();
  }

  /** The metrics that some trial was evaluated by more than once: those that make a curve. */
  List<String> evaluatedOften() {
    Set<String> often = new TreeSet<>();
    for (List<MetricRow> trial : rows.values()) {
      var times = new HashMap<String, Integer>();
      for (MetricRow row : trial) {
        if (row.measurement() instanceof Measurement.Evaluation evaluation
            && times.merge(evaluation.name(), 1, Integer::sum) > 1) {
          often.add(evaluation.name());
        }
      }
    }
    return MetricNames.inOrder(often);
  }
}
