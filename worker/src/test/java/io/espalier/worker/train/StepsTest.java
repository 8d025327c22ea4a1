package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.metrics.Measurement;
import io.espalier.common.protocol.Lease;
import io.espalier.common.spec.BestSpec;
import io.espalier.common.spec.EarlyStoppingSpec;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.StepsSpec;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.lora.PeftFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Evaluations, checkpoints and lines of the log every so many updates. */
class StepsTest extends TinyModel {
  /** The loss falls: by this mode the first checkpoint is the best. */
  private static final Optional<BestSpec> WORST_LOSS =
      Optional.of(new BestSpec("eval_loss", Mode.MAX));

  @TempDir Path sweep;
  private final TreeSet<Long> evaluated = new TreeSet<>();

  private List<TrialResult> run(Lease lease) {
    BranchListener listener =
        (update, epoch, samples, tokens, measured) -> {
          if (measured instanceof Measurement.Evaluation) {
            evaluated.add(update);
          }
        };
    return Packs.alone(new BranchRun(lease, model, data, Arrays::toString, listener));
  }

  /** Three updates an epoch. */
  private Lease lease(StepsSpec steps, long updates) {
    return Leases.stepping(
        Leases.lease(
            Leases.training(TrainType.LORA, 1e-2, 4, 1), Leases.NON_FINITE_ONLY, sweep, updates),
        steps);
  }

  private static StepsSpec steps(int evaluate, boolean epochEnds, int save, int log) {
    return new StepsSpec(
        positive(evaluate), epochEnds, positive(save), 2, WORST_LOSS, positive(log));
  }

  private static OptionalInt positive(int every) {
    return every > 0 ? OptionalInt.of(every) : OptionalInt.empty();
  }

  @Test
  void evaluations_come_every_so_many_updates_and_at_the_end() {
    run(lease(steps(2, false, 0, 0), 7));
    assertThat(evaluated).containsExactly(2L, 4L, 6L, 7L);
  }

  @Test
  void epochs_are_evaluated_beside_them_where_branches_are_compared_there() {
    run(lease(steps(2, true, 0, 0), 7));
    assertThat(evaluated).containsExactly(2L, 3L, 4L, 6L, 7L);
  }

  @Test
  void early_stopping_counts_these_evaluations() {
    Lease lease =
        Leases.selecting(
            Leases.lease(
                Leases.training(TrainType.LORA, 1e-2, 4, 1), Leases.NON_FINITE_ONLY, sweep, 9),
            Optional.of(new EarlyStoppingSpec("eval_loss", Mode.MAX, 2, 0)),
            Optional.empty());
    TrialResult result = run(Leases.stepping(lease, steps(1, false, 0, 0))).get(0);
    assertThat(result.updates()).isEqualTo(3);
    assertThat(result.outcome().reason()).contains("of update 1 in 2 evaluations");
  }

  @Test
  void of_the_checkpoints_the_best_and_the_last_stay() throws IOException {
    TrialResult result = run(lease(steps(2, false, 2, 0), 9)).get(0);
    Path adapter = sweep.resolve(result.adapter().orElseThrow());
    try (Stream<Path> places = Files.list(adapter.resolveSibling("."))) {
      assertThat(places.map(place -> place.getFileName().toString()))
          .containsExactlyInAnyOrder("adapter", "checkpoint-2", "checkpoint-8");
    }
    float[] last = PeftFormat.read(adapter, model.config()).values();
    float[] eighth =
        PeftFormat.read(adapter.resolveSibling("checkpoint-8"), model.config()).values();
    assertThat(eighth).hasSameSizeAs(last).isNotEqualTo(last);
  }

  @Test
  void lines_of_the_log_come_between_the_evaluations() throws IOException {
    Lease lease = lease(steps(4, false, 0, 2), 6);
    run(lease);
    List<String> lines = Files.readAllLines(Export.attempt(lease).resolve(TrialLog.NAME));
    assertThat(lines)
        .filteredOn(line -> line.matches("\\S+ update \\d+, epoch .*"))
        .singleElement()
        .asString()
        .contains(" update 2, epoch 0.6667: loss ");
    assertThat(lines).filteredOn(line -> line.contains(": train_loss ")).hasSize(2);
  }
}
