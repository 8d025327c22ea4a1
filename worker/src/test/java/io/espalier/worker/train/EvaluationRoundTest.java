package io.espalier.worker.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import io.espalier.common.protocol.Lease;
import io.espalier.common.trial.Training.TrainType;
import io.espalier.common.trial.TrialResult;
import io.espalier.worker.evaluate.TrainedState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Branches whose epochs or trials end in one pass are measured in the same passes. */
class EvaluationRoundTest extends TinyModel {
  private static final double[] RATES = {1e-2, 1e-4, 3e-2, 3e-3};

  /** How many slots were measured together, time after time. */
  private final List<Integer> together = new ArrayList<>();

  @TempDir Path sweep;

  private BranchRun run(int place, double rate, boolean answers) {
    Lease lease =
        Leases.lease(
            Leases.training(TrainType.LORA, rate, 4, 1),
            Leases.NON_FINITE_ONLY,
            sweep.resolve(Integer.toString(place)),
            6,
            9);
    return new BranchRun(
        answers ? Leases.answeringEveryEpoch(lease) : lease,
        model,
        data,
        Arrays::toString,
        (update, epoch, samples, tokens, measurement) -> {});
  }

  private List<BranchRun> runs(int place, boolean answers) {
    var runs = new ArrayList<BranchRun>();
    for (int i = 0; i < RATES.length; i++) {
      runs.add(run(place + i, RATES[i], answers));
    }
    return runs;
  }

  private void train(List<BranchRun> runs, int most) {
    try (Lane lane =
        new Lane(
            (base, slots) ->
                new Pack(base, slots) {
                  @Override
                  TrainedState state(List<Integer> some) {
                    together.add(some.size());
                    if (some.size() > most) {
                      throw new EngineException("an engine's caprice");
                    }
                    return super.state(some);
                  }
                })) {
      runs.forEach(lane::join);
      while (lane.size() > 0) {
        lane.pass();
        lane.ended();
      }
    }
  }

  private void assertAsAlone(List<BranchRun> packed, boolean answers) {
    List<BranchRun> alone = runs(100, answers);
    alone.forEach(Packs::alone);
    for (int i = 0; i < RATES.length; i++) {
      List<TrialResult> is = packed.get(i).results();
      List<TrialResult> was = alone.get(i).results();
      assertThat(is).hasSize(2).hasSameSizeAs(was);
      for (int trial = 0; trial < 2; trial++) {
        assertThat(is.get(trial).metrics().keySet())
            .contains("eval_loss", "eval_bleu_4")
            .isEqualTo(was.get(trial).metrics().keySet());
        was.get(trial)
            .metrics()
            .forEach(close(is.get(trial), "rate %s, trial %d".formatted(RATES[i], trial)));
      }
    }
    assertThat(alone.stream().map(run -> run.results().get(1).metrics().get("eval_loss")))
        .as("branches unlike one another")
        .doesNotHaveDuplicates();
  }

  private static BiConsumer<String, Double> close(TrialResult is, String what) {
    return (metric, value) ->
        assertThat(is.metrics().get(metric))
            .as("%s: %s", what, metric)
            .isCloseTo(value, within(1e-4 * Math.max(1, value)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void branches_measured_together_have_the_metrics_that_they_have_alone(boolean answers) {
    List<BranchRun> packed = runs(0, answers);

    train(packed, 4);

    // Three epochs' losses, and answers at two ends, or at every epoch.
    assertThat(together).containsOnly(4).hasSize(answers ? 6 : 5);
    assertAsAlone(packed, answers);
  }

  @Test
  void a_measurement_that_breaks_together_is_made_one_by_one() {
    List<BranchRun> packed = runs(0, false);

    train(packed, 1);

    assertThat(together).contains(4, 1);
    assertAsAlone(packed, false);
  }
}
