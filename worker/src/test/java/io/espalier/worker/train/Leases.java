package io.espalier.worker.train;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.AdamW;
import io.espalier.common.trial.Training.Lora;
import io.espalier.common.trial.Training.LossNormalisation;
import io.espalier.common.trial.Training.Scheduler;
import io.espalier.common.trial.Training.SchedulerType;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.Training.TruncationStrategy;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.PreparedData;
import io.espalier.worker.data.Question;
import io.espalier.worker.data.TokenRow;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/** Leases for tests. */
final class Leases {
  private static final DatasetSummary SUMMARY = new DatasetSummary(12, 4, 0, 1, 1, 1, 0, 1, "", "");

  static final GuardSpec NON_FINITE_ONLY =
      new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty());

  private Leases() {}

  static Training training(TrainType type, double learningRate, int batch, int accumulation) {
    return new Training(
        type,
        learningRate,
        3,
        OptionalInt.empty(),
        batch,
        accumulation,
        LossNormalisation.TOKEN,
        new Scheduler(SchedulerType.CONSTANT, 0, OptionalInt.empty()),
        new AdamW(0.9, 0.95, 1e-8, 0.1),
        1,
        0,
        new Lora(4, 8, 0, List.of("all-linear")),
        512,
        TruncationStrategy.DELETE,
        7);
  }

  static Lease lease(Training training, GuardSpec guard, Path sweep, long... milestones) {
    var ends = new ArrayList<Branch.Milestone>();
    for (int i = 0; i < milestones.length; i++) {
      ends.add(new Branch.Milestone(new TrialId(i), milestones[i]));
    }
    var settings =
        new TaskSettings(
            "model",
            new DatasetSpec(
                "train.jsonl",
                Optional.empty(),
                OptionalDouble.empty(),
                Optional.empty(),
                Map.of(),
                true,
                42,
                false),
            new EvaluationSpec(true, Set.of(Metric.values()), 8),
            guard);
    var config = new TrialConfig(new TrialId(milestones.length - 1), Map.of(), training);
    return new Lease(
        new SweepId("test-1"),
        new Attempt(1, 1),
        new Branch(new BranchId(0), config, ends),
        settings,
        SUMMARY,
        sweep.toString());
  }

  /** Twelve rows to train on, four to evaluate. */
  static PreparedData data(List<TokenRow> rows) {
    List<TokenRow> held = rows.subList(12, 16);
    List<Question> questions =
        held.stream().map(row -> new Question(row.inputIds(), "1", List.of("2"))).toList();
    return new PreparedData(
        rows.subList(0, 12), List.of(new EvaluationSet("eval", held, questions)), SUMMARY);
  }
}
