package io.espalier.worker.train;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Attempt;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.Checkpoint;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

/** Branches that leave checkpoints, and what goes on from these. */
abstract class ResumedBranches extends TinyModel {
  static final long UPDATES = 9;

  @TempDir Path sweep;

  /** What a branch told: measurements by update, and checkpoints. */
  static class Told implements BranchListener {
    final List<String> measured = new ArrayList<>();
    final List<Checkpoint> checkpoints = new ArrayList<>();

    @Override
    public void measured(
        long update, double epoch, long samples, long tokens, Measurement measurement) {
      // A speed is no two times the same.
      Object what =
          measurement instanceof Measurement.Update made
              ? List.of(made.trainLoss(), made.learningRate(), made.gradNorm())
              : measurement;
      measured.add("%04d %s %d %d %s".formatted(update, epoch, samples, tokens, what));
    }

    @Override
    public void left(Checkpoint checkpoint) {
      checkpoints.add(checkpoint);
    }

    List<String> after(long update) {
      return measured.stream().filter(row -> Long.parseLong(row.substring(0, 4)) > update).toList();
    }
  }

  static Training training(Map<String, String> keys) {
    Map<String, String> all = new HashMap<>(Map.of("lr_scheduler_type", "cosine"));
    all.putAll(keys);
    return Leases.hyperparameters(TrainType.LORA, 1e-2, 4, 1).with(all).training();
  }

  Lease lease(Training training) {
    return Leases.lease(training, Leases.NON_FINITE_ONLY, sweep, 5, UPDATES);
  }

  static Lease leaving(Lease lease, Long... forks) {
    return with(lease, List.of(forks), Optional.empty());
  }

  static Lease restingAfter(Lease lease, long update) {
    return with(lease, lease.forks(), Optional.of(update));
  }

  private static Lease with(Lease lease, List<Long> forks, Optional<Long> rest) {
    return new Lease(
        lease.sweep(),
        lease.attempt(),
        lease.branch(),
        lease.settings(),
        lease.dataset(),
        lease.sweepDirectory(),
        lease.start(),
        forks,
        rest);
  }

  /** The next attempt, for the trials that end later. */
  static Lease from(Lease lease, Checkpoint start) {
    Branch branch = lease.branch();
    return new Lease(
        lease.sweep(),
        new Attempt(1, lease.attempt().number() + 1),
        branch.with(
            branch.milestones().stream().filter(end -> end.update() > start.update()).toList()),
        lease.settings(),
        lease.dataset(),
        lease.sweepDirectory(),
        Optional.of(start),
        List.of(),
        Optional.empty());
  }

  static BranchRun run(Lease lease, Told told) {
    return new BranchRun(lease, model, data, Arrays::toString, told);
  }

  static List<TrialResult> trained(Lease lease, Told told) {
    BranchRun run = run(lease, told);
    Lane.train(List.of(run));
    return run.results();
  }

  byte[] exported(TrialResult result) {
    Path directory = sweep.resolve(result.adapter().orElseThrow());
    try (Stream<Path> files = Files.list(directory)) {
      Path weights =
          files.filter(one -> one.toString().endsWith(".safetensors")).findFirst().orElseThrow();
      return Files.readAllBytes(weights);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
