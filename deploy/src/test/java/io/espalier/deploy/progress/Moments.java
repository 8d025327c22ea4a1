package io.espalier.deploy.progress;

import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.report.LiveUpdate;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Sweeps of 10 rows at batch 1: 10 updates an epoch. */
final class Moments {
  static final Instant SUBMITTED = Instant.parse("2026-01-01T00:00:00Z");
  private static final SweepId SWEEP = new SweepId("tiny-1");

  private Moments() {}

  static Moment at(int seconds, List<TrialView> trials, LiveUpdate... latest) {
    return new Moment(
        view(SweepView.State.RUNNING, trials), List.of(latest), SUBMITTED.plusSeconds(seconds));
  }

  static SweepView view(SweepView.State state, List<TrialView> trials) {
    return new SweepView(
        SWEEP,
        state,
        Optional.empty(),
        new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
        Optional.empty(),
        SUBMITTED,
        Optional.empty(),
        Optional.empty(),
        trials,
        List.of());
  }

  /** The same, extended so many seconds after its submission, when it had so many trials. */
  static Moment extended(int seconds, Moment moment, int trials) {
    SweepView view = moment.view();
    return new Moment(
        new SweepView(
            view.id(),
            view.state(),
            view.problem(),
            view.objective(),
            view.settings(),
            view.submitted(),
            view.ended(),
            view.dataset(),
            view.trials(),
            view.warnings(),
            Optional.of(new SweepView.Extension(SUBMITTED.plusSeconds(seconds), trials))),
        moment.latest(),
        moment.now());
  }

  static TrialView waiting(int number, String learningRate, int epochs) {
    return trial(number, learningRate, epochs, Optional.empty(), Optional.empty());
  }

  static TrialView running(int number, String learningRate, int epochs) {
    return trial(number, learningRate, epochs, Optional.of(new WorkerId("here")), Optional.empty());
  }

  static TrialView completed(int number, String learningRate, int epochs) {
    return trial(
        number,
        learningRate,
        epochs,
        Optional.empty(),
        Optional.of(
            result(
                number,
                new Outcome.Completed(),
                epochs * 10L,
                Map.of("eval_loss", 0.25, "retention_accuracy", 0.71))));
  }

  static TrialView killed(int number, String learningRate, int epochs) {
    String sentence = "non_finite at update 3: loss is NaN";
    Verdict verdict = new Verdict("non_finite", 3, Double.NaN, Double.NaN, List.of(), sentence);
    return trial(
        number,
        learningRate,
        epochs,
        Optional.empty(),
        Optional.of(result(number, new Outcome.Killed(verdict), 2, Map.of())));
  }

  static LiveUpdate update(int branch, long update, double loss, double learningRate) {
    return new LiveUpdate(
        new BranchId(branch),
        update,
        update / 10.0,
        update,
        loss,
        learningRate,
        1.0,
        5210,
        SUBMITTED);
  }

  /** The same trial, trained on another's branch. */
  static TrialView on(int branch, TrialView trial) {
    return new TrialView(
        trial.config(),
        trial.updates(),
        new BranchId(branch),
        trial.worker(),
        trial.result(),
        trial.rank(),
        trial.broken());
  }

  private static TrialResult result(
      int number, Outcome outcome, long updates, Map<String, Double> metrics) {
    return new TrialResult(
        new TrialId(number),
        outcome,
        updates,
        updates / 10.0,
        updates,
        updates * 100,
        OptionalDouble.of(0.125),
        metrics,
        4.25,
        Optional.empty(),
        Optional.empty());
  }

  private static TrialView trial(
      int number,
      String learningRate,
      int epochs,
      Optional<WorkerId> worker,
      Optional<TrialResult> result) {
    return new TrialView(
        new TrialConfig(
            new TrialId(number),
            Map.of("learning_rate", learningRate),
            training(Double.parseDouble(learningRate), epochs)),
        epochs * 10L,
        new BranchId(number),
        worker,
        result,
        OptionalInt.empty(),
        List.of());
  }

  private static Training training(double learningRate, int epochs) {
    return Hyperparameters.of(
            Map.of(
                "learning_rate",
                Double.toString(learningRate),
                "num_train_epochs",
                Integer.toString(epochs)))
        .training();
  }
}
