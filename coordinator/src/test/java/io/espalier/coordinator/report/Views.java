package io.espalier.coordinator.report;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Views for tests. */
public final class Views {
  static final ObjectiveSpec OBJECTIVE =
      new ObjectiveSpec(
          "eval_loss",
          ObjectiveSpec.Mode.MIN,
          List.of(
              new ObjectiveSpec.Constraint(
                  "retention_accuracy", ObjectiveSpec.Comparison.AT_LEAST, 0.6)));

  private static final Provenance PROVENANCE =
      new Provenance(
          "cc39efb", "2.7.1", "cpu", "AVX2", "17.0.1", "ab", "cd", 1L << 30, Optional.empty());

  private Views() {}

  static TrialView open(int number) {
    return new TrialView(
        new TrialConfig(new TrialId(number), Map.of("learning_rate", "1e-3"), Specs.TRAINING),
        30,
        new BranchId(number),
        Optional.empty(),
        Optional.empty(),
        OptionalInt.empty(),
        List.of());
  }

  static TrialView completed(int number, double evalLoss, double retention) {
    return ended(
        number,
        new Outcome.Completed(),
        OptionalDouble.of(0.5),
        Map.of("eval_loss", evalLoss, "retention_accuracy", retention));
  }

  static TrialView killed(int number) {
    var verdict =
        new Verdict(
            "non_finite",
            3,
            Double.NaN,
            Double.NaN,
            List.of(4.7, Double.NaN),
            "loss is NaN at update 3");
    return ended(number, new Outcome.Killed(verdict), OptionalDouble.of(9), Map.of());
  }

  static TrialView failed(int number) {
    return ended(number, new Outcome.Failed("lost"), OptionalDouble.empty(), Map.of());
  }

  static TrialView ended(
      int number, Outcome outcome, OptionalDouble trainLoss, Map<String, Double> metrics) {
    TrialView open = open(number);
    return new TrialView(
        open.config(),
        open.updates(),
        open.branch(),
        Optional.empty(),
        Optional.of(
            new TrialResult(
                open.config().id(),
                outcome,
                30,
                3,
                300,
                9000,
                trainLoss,
                metrics,
                2.5,
                Optional.of("trials/" + number + "/adapter"),
                Optional.of(PROVENANCE))),
        OptionalInt.empty(),
        List.of());
  }

  /** One open trial, of this sweep. */
  public static SweepView running(SweepId sweep) {
    return of(sweep, SweepView.State.RUNNING, List.of(open(0)));
  }

  /** The same, completed. */
  public static SweepView ended(SweepView view) {
    return of(view.id(), SweepView.State.COMPLETED, view.trials());
  }

  static SweepView sweep(List<TrialView> trials) {
    return of(new SweepId("self-cognition-1"), SweepView.State.RUNNING, trials);
  }

  private static SweepView of(SweepId sweep, SweepView.State state, List<TrialView> trials) {
    return new SweepView(
        sweep,
        state,
        Optional.empty(),
        OBJECTIVE,
        Optional.of(Specs.grid("learning_rate", List.of("1e-3")).taskSettings()),
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        Optional.empty(),
        Optional.of(
            new DatasetSummary(90, 10, 83, 4_000, 1_500, 71, 0, 1_050_000, "ab", "cd", List.of())),
        Ranking.rank(OBJECTIVE, trials),
        List.of());
  }
}
