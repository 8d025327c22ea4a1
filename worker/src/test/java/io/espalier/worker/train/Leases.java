package io.espalier.worker.train;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.spec.EarlyStoppingSpec;
import io.espalier.common.spec.EvaluationSpec;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.GuardSpec;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.worker.data.EvaluationSet;
import io.espalier.worker.data.Question;
import io.espalier.worker.data.TokenRow;
import io.espalier.worker.data.TokenizedDataset;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Leases for tests. */
public final class Leases {
  private static final DatasetSummary SUMMARY =
      new DatasetSummary(12, 4, 0, 1, 1, 1, 0, 1, "", "", List.of());

  public static final GuardSpec NON_FINITE_ONLY =
      new GuardSpec(true, Optional.empty(), Optional.empty(), Optional.empty());

  private Leases() {}

  public static Training training(
      TrainType type, double learningRate, int batch, int accumulation) {
    return hyperparameters(type, learningRate, batch, accumulation).training();
  }

  static Hyperparameters hyperparameters(
      TrainType type, double learningRate, int batch, int accumulation) {
    return Hyperparameters.of(
        Map.of(
            "train_type",
            type.name().toLowerCase(Locale.ROOT),
            "learning_rate",
            Double.toString(learningRate),
            "per_device_train_batch_size",
            Integer.toString(batch),
            "gradient_accumulation_steps",
            Integer.toString(accumulation),
            "lr_scheduler_type",
            "constant",
            "lora_rank",
            "4",
            "lora_alpha",
            "8",
            "max_length",
            "512",
            "seed",
            "7"));
  }

  public static Lease lease(Training training, GuardSpec guard, Path sweep, long... milestones) {
    var ends = new ArrayList<Branch.Milestone>();
    for (int i = 0; i < milestones.length; i++) {
      ends.add(new Branch.Milestone(new TrialId(i), milestones[i]));
    }
    var settings =
        new TaskSettings(
            "model",
            DatasetSpec.of("train.jsonl"),
            new EvaluationSpec(true, Set.of(Metric.values()), false, 8),
            guard,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    var config = new TrialConfig(new TrialId(milestones.length - 1), Map.of(), training);
    return new Lease(
        new SweepId("test-1"),
        new Attempt(1, 1),
        new Branch(new BranchId(0), config, ends),
        settings,
        SUMMARY,
        sweep.toString());
  }

  /** The same, answering at every epoch. */
  static Lease answeringEveryEpoch(Lease lease) {
    TaskSettings old = lease.settings();
    EvaluationSpec evaluation = old.evaluation();
    return new Lease(
        lease.sweep(),
        lease.attempt(),
        lease.branch(),
        new TaskSettings(
            old.model(),
            old.dataset(),
            new EvaluationSpec(true, evaluation.metrics(), true, evaluation.maxNewTokens()),
            old.guard(),
            old.earlyStopping(),
            old.best(),
            old.steps()),
        lease.dataset(),
        lease.sweepDirectory());
  }

  /** The same, ended or judged by more than its last state. */
  static Lease selecting(
      Lease lease, Optional<EarlyStoppingSpec> earlyStopping, Optional<BestSpec> best) {
    TaskSettings old = lease.settings();
    return new Lease(
        lease.sweep(),
        lease.attempt(),
        lease.branch(),
        new TaskSettings(
            old.model(),
            old.dataset(),
            old.evaluation(),
            old.guard(),
            earlyStopping,
            best,
            old.steps()),
        lease.dataset(),
        lease.sweepDirectory());
  }

  /** The same with something to do every so many updates. */
  static Lease stepping(Lease lease, StepsSpec steps) {
    TaskSettings old = lease.settings();
    return new Lease(
        lease.sweep(),
        lease.attempt(),
        lease.branch(),
        new TaskSettings(
            old.model(),
            old.dataset(),
            old.evaluation(),
            old.guard(),
            old.earlyStopping(),
            old.best(),
            Optional.of(steps)),
        lease.dataset(),
        lease.sweepDirectory());
  }

  /** Twelve rows to train on, four to evaluate. */
  public static TokenizedDataset data(List<TokenRow> rows) {
    List<TokenRow> held = rows.subList(12, 16);
    List<Question> questions =
        held.stream().map(row -> new Question(row.inputIds(), "1", List.of("2"))).toList();
    return new TokenizedDataset(
        rows.subList(0, 12),
        List.of(new EvaluationSet("eval", held, questions)),
        Set.of(),
        SUMMARY);
  }
}
