package io.espalier.coordinator.report;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.metrics.MetricRow;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.TrialConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** A grid of two learning rates by two epoch counts, with curves. */
final class GridViews {
  private GridViews() {}

  /** Trial 1 is the best, 2 breaks the constraint, 3 was killed. */
  static SweepView sweep() {
    return Views.sweep(
        List.of(
            at(completed(0, 0.9, 0.8), "1e-4", "3"),
            at(completed(1, 0.4, 0.7), "1e-4", "10"),
            at(completed(2, 0.2, 0.1), "1e-2", "3"),
            at(Views.killed(3), "1e-2", "10")));
  }

  private static TrialView completed(int number, double evalLoss, double retention) {
    return Views.ended(
        number,
        new Outcome.Completed(),
        OptionalDouble.of(0.5),
        Map.of(
            "eval_loss",
            evalLoss,
            "eval_accuracy",
            0.75,
            "eval_repetition",
            0.0,
            "eval_bleu_4",
            0.31,
            "retention_accuracy",
            retention));
  }

  static TrialView at(TrialView trial, String learningRate, String epochs) {
    var point = new LinkedHashMap<String, String>();
    point.put("learning_rate", learningRate);
    point.put("num_train_epochs", epochs);
    return at(trial, point);
  }

  static TrialView at(TrialView trial, Map<String, String> point) {
    return new TrialView(
        new TrialConfig(trial.config().id(), point, trial.config().training()),
        trial.updates(),
        trial.branch(),
        trial.worker(),
        trial.result(),
        trial.rank(),
        trial.broken());
  }

  /** Two epochs of two updates for each trial, each evaluated. */
  static TrialCurves curves(SweepView view) {
    var rows = new ArrayList<MetricRow>();
    for (TrialView trial : view.trials()) {
      for (int update = 1; update <= 4; update++) {
        rows.add(row(view, trial, update, new Measurement.Update(4.0 / update, 1e-4, 1, 100)));
        if (update % 2 == 0) {
          rows.add(
              row(view, trial, update, new Measurement.Evaluation("eval", "loss", 3.0 / update)));
        }
      }
    }
    return TrialCurves.of(view, rows.stream());
  }

  static MetricRow row(SweepView view, TrialView trial, long update, Measurement measurement) {
    return new MetricRow(
        view.id(),
        trial.branch(),
        new Attempt(1, 1),
        update,
        update,
        update / 2.0,
        update * 4,
        update * 100,
        Instant.EPOCH,
        measurement);
  }
}
