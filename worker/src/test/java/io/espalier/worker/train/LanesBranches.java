package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.PassSpec;
import io.espalier.common.spec.TaskSettings;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Training.TrainType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;

/** Branches that tests train in lanes, unlike one another, and what they tell. */
abstract class LanesBranches extends TinyModel {
  /** Of a loss, relative; golden runs are given as much after 30 updates. */
  private static final double LOSSES = 1e-4;

  @TempDir Path sweep;

  /** What a branch told, update by update. */
  static final class Curve implements BranchListener {
    final List<Measurement.Update> updates = new ArrayList<>();
    final Map<Long, Double> losses = new LinkedHashMap<>();
    final List<Measurement.OutOfMemory> relieved = new ArrayList<>();
    double saved;

    @Override
    public void saved(double seconds) {
      saved += seconds;
    }

    /** Without the speeds, of which no two are the same. */
    List<List<Double>> numbers() {
      return updates.stream()
          .map(made -> List.of(made.trainLoss(), made.learningRate(), made.gradNorm()))
          .toList();
    }

    @Override
    public void measured(
        long update, double epoch, long samples, long tokens, Measurement measurement) {
      if (measurement instanceof Measurement.Update made) {
        updates.add(made);
      } else if (measurement instanceof Measurement.Evaluation value
          && value.name().equals("eval_loss")) {
        losses.put(update, value.value());
      } else if (measurement instanceof Measurement.OutOfMemory smaller) {
        relieved.add(smaller);
      }
    }
  }

  /** One of the branches that share the lane: number i is unlike its neighbours. */
  record Cell(Training training, long updates) {
    static Cell of(int i, Map<String, String> common) {
      double[] rates = {1e-2, 3e-3, 1e-3, 5e-3};
      int[] batches = {1, 4, 2, 1, 4, 3};
      int[] accumulations = {1, 1, 2, 4, 2};
      int[] ranks = {4, 2, 8};
      Map<String, String> own = new HashMap<>(common);
      own.put("lora_rank", Integer.toString(ranks[i % 3]));
      own.put("lora_alpha", Integer.toString(8 + i));
      own.put("seed", Integer.toString(i));
      own.put("weight_decay", i % 2 == 0 ? "0.1" : "0");
      own.put("lr_scheduler_type", i % 2 == 0 ? "cosine" : "constant");
      own.put("max_grad_norm", i % 3 == 0 ? "0.5" : "1");
      Training training =
          Leases.hyperparameters(TrainType.LORA, rates[i % 4], batches[i % 6], accumulations[i % 5])
              .with(own)
              .training();
      return new Cell(training, 30 - 7L * (i % 4));
    }
  }

  final BranchRun run(int id, Cell cell, Curve curve) {
    return run(id, cell, curve, PassSpec.FREE);
  }

  final BranchRun run(int id, Cell cell, Curve curve, PassSpec passes) {
    return run(id, cell, curve, passes, PassCost.UNKNOWN);
  }

  final BranchRun run(int id, Cell cell, Curve curve, PassSpec passes, PassCost cost) {
    Lease one =
        Leases.lease(
            cell.training(),
            Leases.NON_FINITE_ONLY,
            sweep.resolve(Integer.toString(id)),
            cell.updates());
    Branch branch = new Branch(new BranchId(id), one.branch().config(), one.branch().milestones());
    Lease lease =
        new Lease(
            one.sweep(),
            one.attempt(),
            branch,
            with(one.settings(), passes),
            one.dataset(),
            one.sweepDirectory());
    return new BranchRun(lease, model, data, Arrays::toString, curve, Cadence.NEVER, cost);
  }

  private static TaskSettings with(TaskSettings old, PassSpec passes) {
    return new TaskSettings(
        old.model(),
        old.dataset(),
        old.evaluation(),
        old.guard(),
        old.earlyStopping(),
        old.best(),
        old.steps(),
        Optional.of(passes),
        old.objective(),
        false);
  }

  static void assertSame(Curve packed, Curve alone, String branch) {
    assertThat(packed.updates).as(branch).hasSameSizeAs(alone.updates);
    for (int i = 0; i < packed.updates.size(); i++) {
      Measurement.Update is = packed.updates.get(i);
      Measurement.Update was = alone.updates.get(i);
      String at = "%s, update %d".formatted(branch, i + 1);
      double tolerance = i == 0 ? 1e-5 : LOSSES;
      assertThat(is.learningRate()).as(at).isEqualTo(was.learningRate());
      assertThat(is.trainLoss())
          .as(at)
          .isCloseTo(was.trainLoss(), within(tolerance * was.trainLoss()));
      assertThat(is.gradNorm())
          .as(at)
          .isCloseTo(was.gradNorm(), within(10 * tolerance * was.gradNorm()));
    }
    assertThat(packed.losses.keySet()).as(branch).isEqualTo(alone.losses.keySet());
    packed.losses.forEach(
        (update, loss) ->
            assertThat(loss).as(branch).isCloseTo(alone.losses.get(update), within(LOSSES * loss)));
  }
}
