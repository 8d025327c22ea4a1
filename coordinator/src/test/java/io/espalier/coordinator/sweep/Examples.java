package io.espalier.coordinator.sweep;

import io.espalier.common.protocol.DatasetSummary;
import io.espalier.common.protocol.WorkerId;
import io.espalier.common.spec.Hyperparameters;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.Provenance;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.common.trial.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** Values that several tests need. */
public final class Examples {
  public static final SweepId SWEEP = new SweepId("demo-1");
  public static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  public static final WorkerId ANN = new WorkerId("ann-cpu-1");
  public static final WorkerId BOB = new WorkerId("bob-cpu-2");
  public static final DatasetSummary DATASET =
      new DatasetSummary(90, 10, 24, 4000, 1500, 61, 0, 1_200_000, "d1", "m1", List.of());

  private Examples() {}

  public static Training training(double learningRate) {
    return Hyperparameters.of(
            Map.of(
                "torch_dtype",
                "float32",
                "learning_rate",
                Double.toString(learningRate),
                "num_train_epochs",
                "2",
                "per_device_train_batch_size",
                "4",
                "warmup_ratio",
                "0.05",
                "adam_beta2",
                "0.999",
                "max_length",
                "512"))
        .training();
  }

  /** A branch with one trial of the same number. */
  public static Branch branch(int number, long updates) {
    TrialId trial = new TrialId(number);
    double rate = 1e-3 / (number + 1);
    TrialConfig config =
        new TrialConfig(trial, Map.of("learning_rate", Double.toString(rate)), training(rate));
    return new Branch(new BranchId(number), config, List.of(new Branch.Milestone(trial, updates)));
  }

  /** As many branches as lengths; whatever reports a loss above {@code bound} is hopeless. */
  public static Policy policy(double bound, long... updates) {
    return new Policy() {
      @Override
      public List<Branch> branches(DatasetSummary dataset) {
        return IntStream.range(0, updates.length).mapToObj(i -> branch(i, updates[i])).toList();
      }

      @Override
      public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
        return fresh.stream()
            .filter(report -> report.value() > bound)
            .findFirst()
            .map(report -> verdict("asha", report.update(), report.value(), bound));
      }
    };
  }

  /**
   * A trunk of 100 updates for trial 0, on whose way trial 3 ends at 40; trial 1 of 45 leaves it at
   * 30, trial 2 of 80 at 60. A loss above 10 is hopeless.
   */
  static Policy forking() {
    Policy alone = policy(10, 100, 45, 80);
    return new Policy() {
      @Override
      public List<Branch> branches(DatasetSummary dataset) {
        List<Branch> all = alone.branches(dataset);
        return List.of(
            all.get(0)
                .with(
                    List.of(
                        new Branch.Milestone(new TrialId(3), 40),
                        new Branch.Milestone(new TrialId(0), 100))),
            forked(all.get(1), 0, 30),
            forked(all.get(2), 0, 60));
      }

      @Override
      public Optional<Verdict> judge(Sweep sweep, BranchProgress branch, List<Report> fresh) {
        return alone.judge(sweep, branch, fresh);
      }
    };
  }

  static Branch forked(Branch branch, int trunk, long update) {
    return new Branch(
        branch.id(),
        branch.config(),
        branch.milestones(),
        Optional.of(new Branch.Fork(new BranchId(trunk), update)));
  }

  public static Verdict verdict(String rule, long update, double value, double threshold) {
    String sentence = "%s: %s is above %s".formatted(rule, value, threshold);
    return new Verdict(rule, update, value, threshold, List.of(value), sentence);
  }

  public static TrialResult result(int trial, Outcome outcome) {
    return result(
        trial,
        outcome,
        Optional.of(
            new Provenance(
                "0a1b2c",
                "2.7.1",
                "cpu Xeon",
                "AVX512",
                "17.0.9",
                "d1",
                "m1",
                1 << 30,
                Optional.empty())));
  }

  static TrialResult result(int trial, Outcome outcome, Optional<Provenance> provenance) {
    return new TrialResult(
        new TrialId(trial),
        outcome,
        46,
        2,
        180,
        8000,
        OptionalDouble.of(0.5),
        Map.of("eval_loss", 0.25),
        12.5,
        Optional.of("branches/%d/1-1/adapter".formatted(trial)),
        provenance);
  }

  /** Of a trial that has finished and left where it stood. */
  public static TrialResult ending(int trial, Checkpoint end) {
    TrialResult result = result(trial, new Outcome.Completed());
    return new TrialResult(
        result.trial(),
        result.outcome(),
        end.update(),
        result.epochs(),
        result.samples(),
        result.tokens(),
        result.trainLoss(),
        result.metrics(),
        end.seconds(),
        result.adapter(),
        result.provenance(),
        List.of(),
        Optional.of(end));
  }

  /** So many free slots, nothing ahead. */
  public static SweepInput.Room room(int free) {
    return new SweepInput.Room(free, 0, free);
  }

  public static Report loss(long update, double value) {
    return new Report(update, update / 23.0, update * 4, "eval", "loss", value);
  }
}
