package io.espalier.coordinator.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class AshaStoppingTest {
  private static final int SAMPLES = 100;
  private static final PruningSpec THIRD = PruningSpec.asha("eval_loss", Mode.MIN, 3, 1);

  @Test
  void rungs_are_those_of_determined() {
    assertThat(AshaStopping.rungs(3, 1, 27)).containsExactly(1, 3, 9);
    assertThat(AshaStopping.rungs(3, 1, 20)).containsExactly(2, 6);
    assertThat(AshaStopping.rungs(3, 1, 10)).containsExactly(1, 3);
    assertThat(AshaStopping.rungs(4, 2, 64)).containsExactly(4, 16);
    assertThat(AshaStopping.rungs(3, 1, 2)).isEmpty();
    assertThat(AshaStopping.rungs(3, 1, 0.5)).isEmpty();
    assertThat(AshaStopping.rungs(3, 0.25, 2)).as("no rung within an epoch").isEmpty();
  }

  @Test
  void a_third_of_those_at_a_rung_goes_on() {
    var sweep = new Replay(9, 9);
    // By the definition, with m = 1 … 6 at the rung of one epoch: 1, 1, 1, 1, 1, 2 go on.
    assertThat(sweep.report(0, 1, 0.5)).isEmpty();
    assertThat(sweep.report(1, 1, 0.6)).isPresent();
    assertThat(sweep.report(2, 1, 0.4)).isEmpty();
    assertThat(sweep.report(3, 1, 0.45)).isPresent();
    assertThat(sweep.report(4, 1, 0.41)).isPresent();
    assertThat(sweep.report(5, 1, 0.405)).as("the sixth to arrive may be second of six").isEmpty();
  }

  @Test
  void where_more_is_better_the_highest_go_on() {
    var sweep = new Replay(3, 9, PruningSpec.asha("eval_accuracy", Mode.MAX, 3, 1));
    assertThat(sweep.report(0, 1, 0.5)).isEmpty();
    assertThat(sweep.report(1, 1, 0.6)).isEmpty();
    assertThat(sweep.report(2, 1, 0.55))
        .hasValueSatisfying(
            verdict -> assertThat(verdict.sentence()).contains("eval_accuracy 0.55"));
  }

  @Test
  void a_tie_goes_to_the_newcomer() {
    var sweep = new Replay(3, 9);
    assertThat(sweep.report(0, 1, 0.5)).isEmpty();
    assertThat(sweep.report(1, 1, 0.5)).isEmpty();
  }

  @Test
  void a_verdict_names_the_rule_the_place_and_the_threshold() {
    var sweep = new Replay(3, 9);
    sweep.report(0, 1, 0.5);
    assertThat(sweep.report(1, 1, 0.6))
        .contains(
            new Verdict(
                "asha",
                SAMPLES,
                0.6,
                0.5,
                List.of(0.5),
                "asha after 1 epoch: eval_loss 0.6 is place 2 of 2; the best 1, down to 0.5, go on"));
  }

  @Test
  void between_rungs_nothing_is_judged() {
    var sweep = new Replay(2, 9);
    sweep.report(0, 1, 0.1);
    sweep.report(1, 1, 0.1);
    sweep.report(0, 2, 0.1);
    assertThat(sweep.report(1, 2, 99)).isEmpty();
    sweep.report(0, 3, 0.1);
    assertThat(sweep.report(1, 3, 99)).isPresent();
  }

  @Test
  void one_report_may_pass_several_rungs() {
    var sweep = new Replay(2, 27);
    sweep.report(0, 1, 0.9);
    sweep.report(0, 3, 0.1);
    assertThat(sweep.report(1, 5, 0.5))
        .hasValueSatisfying(verdict -> assertThat(verdict.sentence()).contains("after 3 epochs"));
  }

  @Test
  void what_a_stopped_branch_still_reports_counts_for_nothing() {
    var sweep = new Replay(3, 27);
    sweep.report(0, 1, 0.1);
    assertThat(sweep.report(1, 1, 0.9)).isPresent();
    sweep.late(1, 3, 0.01);
    assertThat(sweep.report(0, 3, 0.5)).isEmpty();
  }

  @Test
  void other_horizons_and_shapes_are_not_compared() {
    var sweep = new Replay(List.of("9", "9", "27"));
    sweep.report(0, 1, 0.1);
    assertThat(sweep.report(2, 1, 0.9)).isEmpty();
    assertThat(sweep.report(1, 1, 0.9)).isPresent();
  }

  @Test
  void all_are_compared_where_the_spec_asks_until_their_own_ends() {
    // The rungs are those of the longest training: 1, 3 and 9 epochs.
    var sweep = new Replay(List.of("27", "2", "9"), Specs.amongAll(THIRD));
    assertThat(sweep.report(0, 1, 0.1)).isEmpty();
    assertThat(sweep.report(1, 1, 0.9))
        .hasValueSatisfying(verdict -> assertThat(verdict.sentence()).contains("place 2 of 2"));
    sweep.report(2, 1, 0.1);
    sweep.report(0, 9, 0.1);
    assertThat(sweep.report(2, 9, 0.9)).as("the end of nine epochs").isEmpty();
  }

  @Test
  void batch_sizes_are_compared_at_equal_samples() {
    var one = Cohort.Alike.of(training(Map.of("per_device_train_batch_size", "1")), SAMPLES);
    var four = Cohort.Alike.of(training(Map.of("per_device_train_batch_size", "4")), SAMPLES);
    assertThat(one).isEqualTo(four);
    assertThat(Cohort.Alike.of(training(Map.of("lr_scheduler_type", "linear")), SAMPLES))
        .isNotEqualTo(one);
    assertThat(
            Cohort.Alike.of(
                training(Map.of("max_steps", "75", "per_device_train_batch_size", "4")), SAMPLES))
        .isEqualTo(Cohort.Alike.of(training(Map.of("num_train_epochs", "3")), SAMPLES));
  }

  @Test
  void a_short_last_batch_of_an_epoch_does_not_lengthen_a_training_bounded_by_steps() {
    // Of 6 rows by 4 an epoch is two updates, so that 30 updates are 15 epochs.
    var bounded =
        Cohort.Alike.of(training(Map.of("max_steps", "30", "per_device_train_batch_size", "4")), 6);
    assertThat(bounded.horizon()).isEqualTo(15);
  }

  @Property(tries = 200)
  void a_report_that_is_not_finite_stops_its_branch_at_once_and_blinds_no_rule(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 12) int branches) {
    double[] bad = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
    var random = new Random(seed);
    var sweep = new Replay(branches, 27);
    double best = Double.POSITIVE_INFINITY;
    for (int branch = 0; branch < branches; branch++) {
      boolean broken = random.nextInt(3) == 0;
      double value = broken ? bad[random.nextInt(3)] : random.nextDouble();
      boolean stopped = sweep.report(branch, 1, value).isPresent();
      if (broken) {
        assertThat(stopped).as("a branch that is not finite").isTrue();
      } else if (value < best) {
        assertThat(stopped).as("the best so far").isFalse();
        best = value;
      } else if (branch < 2) {
        assertThat(stopped).as("second of two").isEqualTo(best < value);
      }
    }
  }

  @Property(tries = 200)
  void decisions_depend_on_what_was_reported_and_not_on_the_order_of_the_map(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 10) int branches) {
    var random = new Random(seed);
    var sweep = new Replay(branches, 9);
    for (int i = 0; i < 40; i++) {
      int branch = random.nextInt(branches);
      if (sweep.isStopped(branch)) {
        continue;
      }
      var fresh = sweep.next(branch, random.nextInt(20) == 0 ? Double.NaN : random.nextDouble());
      var backwards = new LinkedHashMap<BranchId, Curve>();
      sweep.curves.keySet().stream()
          .sorted((a, b) -> b.compareTo(a))
          .forEach(id -> backwards.put(id, sweep.curves.get(id)));
      var expected = sweep.pruner.judge(new BranchId(branch), fresh, backwards);
      assertThat(sweep.report(branch, fresh)).isEqualTo(expected);
    }
  }

  @Property(tries = 100)
  void a_prefix_of_the_reports_replays_to_the_same_decisions(
      @ForAll long seed, @ForAll @IntRange(max = 30) int cut) {
    assertThat(run(seed, 30).subList(0, cut)).isEqualTo(run(seed, cut));
  }

  private static List<Optional<Verdict>> run(long seed, int reports) {
    var random = new Random(seed);
    var sweep = new Replay(6, 9);
    var verdicts = new ArrayList<Optional<Verdict>>();
    while (verdicts.size() < reports) {
      int branch = random.nextInt(6);
      double value = random.nextInt(20) == 0 ? Double.NaN : random.nextDouble();
      verdicts.add(
          sweep.isStopped(branch)
              ? Optional.empty()
              : sweep.report(branch, sweep.next(branch, value)));
    }
    return verdicts;
  }

  private static io.espalier.common.trial.Training training(Map<String, String> point) {
    return Specs.HYPERPARAMETERS.with(point).training();
  }

  /** What the sweep's state gives the pruner, report by report. */
  private static final class Replay {
    final Pruner pruner;
    final Map<BranchId, Curve> curves = new HashMap<>();

    Replay(int branches, int epochs) {
      this(branches, epochs, THIRD);
    }

    Replay(List<String> epochs) {
      this(epochs, THIRD);
    }

    Replay(int branches, int epochs, PruningSpec spec) {
      this(IntStream.range(0, branches).mapToObj(b -> Integer.toString(epochs)).toList(), spec);
    }

    Replay(List<String> epochs, PruningSpec spec) {
      var branches = new ArrayList<Branch>();
      for (String length : epochs) {
        var trial = new TrialId(branches.size());
        var config = new TrialConfig(trial, Map.of(), training(Map.of("num_train_epochs", length)));
        branches.add(
            new Branch(
                new BranchId(branches.size()),
                config,
                List.of(new Branch.Milestone(trial, config.training().totalUpdates(SAMPLES)))));
      }
      pruner = new Pruners(spec, branches, SAMPLES).pruner();
    }

    Optional<Verdict> report(int branch, int epoch, double value) {
      return report(branch, new Curve.Point(epoch * SAMPLES, epoch * SAMPLES, value, List.of()));
    }

    Optional<Verdict> report(int branch, Curve.Point fresh) {
      var verdict = pruner.judge(new BranchId(branch), fresh, Map.copyOf(curves));
      add(branch, fresh, verdict.map(v -> OptionalLong.of(v.update())).orElse(stop(branch)));
      return verdict;
    }

    void late(int branch, int epoch, double value) {
      add(
          branch,
          new Curve.Point(epoch * SAMPLES, epoch * SAMPLES, value, List.of()),
          stop(branch));
    }

    boolean isStopped(int branch) {
      return stop(branch).isPresent();
    }

    Curve.Point next(int branch, double value) {
      int epoch = curve(branch).points().size() + 1;
      return new Curve.Point(epoch * SAMPLES, epoch * SAMPLES, value, List.of());
    }

    private Curve curve(int branch) {
      return curves.getOrDefault(new BranchId(branch), Curve.EMPTY);
    }

    private OptionalLong stop(int branch) {
      return curve(branch).stoppedAt();
    }

    private void add(int branch, Curve.Point point, OptionalLong stoppedAt) {
      var points = new ArrayList<>(curve(branch).points());
      points.add(point);
      curves.put(new BranchId(branch), new Curve(points, stoppedAt, false));
    }
  }
}
