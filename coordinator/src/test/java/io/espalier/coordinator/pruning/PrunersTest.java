package io.espalier.coordinator.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.spec.PruningSpec.Unit;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.Verdict;
import io.espalier.coordinator.Specs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What holds for every rule, whatever is reported. */
class PrunersTest {
  private static final int SAMPLES = 20;
  private static final int EPOCHS = 12;
  private static final int BRANCHES = 9;

  /** A report that arrived. */
  private record Arrival(int branch, int epoch, double value) {}

  @Provide
  static Arbitrary<PruningRule> rules() {
    return Arbitraries.of(
        new PruningRule.Asha(3, 1),
        new PruningRule.AshaPromotion(3, 1),
        new PruningRule.RayAsha(2, 1),
        new PruningRule.SuccessiveHalving(2, 1, 0, 0),
        new PruningRule.SuccessiveHalving(3, 1, 1, 2),
        new PruningRule.Hyperband(3, 1),
        new PruningRule.Percentile(50, 1, 0, 1, false),
        new PruningRule.Percentile(25, 2, 1, 2, true),
        new PruningRule.RunningAverage(1, 2, false),
        new PruningRule.RunningAverage(2, 1, true),
        new PruningRule.Patient(1, 0),
        new PruningRule.Threshold(Double.NEGATIVE_INFINITY, 3, 0, 1),
        new PruningRule.Alto(2, 0.25),
        new PruningRule.AnyOf(List.of(PATIENT, HALF)),
        new PruningRule.AllOf(List.of(PATIENT, HALF)));
  }

  private static final PruningRule.Part PATIENT =
      new PruningRule.Part(new PruningRule.Patient(0, 0), Unit.EPOCHS);
  private static final PruningRule.Part HALF =
      new PruningRule.Part(new PruningRule.Alto(0.25, 0.5), Unit.FRACTION);

  @Property(tries = 200)
  void all_of_ends_what_each_rule_would_end_there_and_any_of_what_one_would(
      @ForAll Mode mode, @ForAll long seed) {
    Map<BranchId, Curve> curves = new HashMap<>();
    for (Arrival arrival : arrivals(seed)) {
      var id = new BranchId(arrival.branch());
      long update = (long) arrival.epoch() * SAMPLES;
      var point = new Curve.Point(update, update, arrival.value(), List.of());
      boolean patient = pruner(PATIENT.rule(), mode).judge(id, point, curves).isPresent();
      boolean half =
          pruner(new PruningRule.Alto(EPOCHS / 4.0, 0.5), mode)
              .judge(id, point, curves)
              .isPresent();
      var both = List.of(PATIENT, HALF);
      assertThat(pruner(new PruningRule.AnyOf(both), mode).judge(id, point, curves).isPresent())
          .isEqualTo(patient || half);
      assertThat(pruner(new PruningRule.AllOf(both), mode).judge(id, point, curves).isPresent())
          .isEqualTo(patient && half);
      var points = new ArrayList<>(curves.getOrDefault(id, Curve.EMPTY).points());
      points.add(point);
      curves.put(id, new Curve(points, OptionalLong.empty(), false));
    }
  }

  private static Pruner pruner(PruningRule rule, Mode mode) {
    List<Branch> branches = new ArrayList<>();
    for (int i = 0; i < BRANCHES; i++) {
      var trial = new TrialId(i);
      var config =
          new TrialConfig(
              trial,
              Map.of(),
              Specs.HYPERPARAMETERS
                  .with(Map.of("num_train_epochs", Integer.toString(EPOCHS)))
                  .training());
      branches.add(
          new Branch(
              new BranchId(i),
              config,
              List.of(new Branch.Milestone(trial, config.training().totalUpdates(SAMPLES)))));
    }
    return new Pruners(
            new PruningSpec(
                "eval_loss", mode, rule, Unit.EPOCHS, PruningSpec.Compare.ALIKE, List.of()),
            branches,
            SAMPLES)
        .pruner();
  }

  /** Curves in some order of arrival, each branch's own reports in theirs. */
  private static List<Arrival> arrivals(long seed) {
    var random = new Random(seed);
    int[] epochs = new int[BRANCHES];
    var all = new ArrayList<Arrival>();
    for (int i = 0; i < BRANCHES * EPOCHS; i++) {
      int branch = random.nextInt(BRANCHES);
      if (epochs[branch] < EPOCHS) {
        double[] odd = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        double value =
            random.nextInt(40) == 0 ? odd[random.nextInt(3)] : random.nextInt(1 + branch) / 2.0;
        all.add(new Arrival(branch, ++epochs[branch], value));
      }
    }
    return all;
  }

  private static List<Optional<Verdict>> judged(
      Pruner pruner, List<Arrival> arrivals, boolean otherOrder) {
    Map<BranchId, Curve> curves = new HashMap<>();
    var verdicts = new ArrayList<Optional<Verdict>>();
    for (Arrival arrival : arrivals) {
      var id = new BranchId(arrival.branch());
      Curve own = curves.getOrDefault(id, Curve.EMPTY);
      var point =
          new Curve.Point(
              (long) arrival.epoch() * SAMPLES,
              (long) arrival.epoch() * SAMPLES,
              arrival.value(),
              List.of());
      Optional<Verdict> verdict =
          own.stoppedAt().isPresent()
              ? Optional.empty()
              : pruner.judge(id, point, otherOrder ? shuffled(curves) : Map.copyOf(curves));
      verdicts.add(verdict);
      var points = new ArrayList<>(own.points());
      points.add(point);
      OptionalLong stoppedAt =
          verdict.map(one -> OptionalLong.of(one.update())).orElse(own.stoppedAt());
      curves.put(
          id, new Curve(points, stoppedAt, stoppedAt.isEmpty() && arrival.epoch() == EPOCHS));
    }
    return verdicts;
  }

  private static Map<BranchId, Curve> shuffled(Map<BranchId, Curve> curves) {
    List<BranchId> ids = new ArrayList<>(curves.keySet());
    Collections.sort(ids, Collections.reverseOrder());
    var other = new LinkedHashMap<BranchId, Curve>();
    for (BranchId id : ids) {
      Curve curve = curves.getOrDefault(id, Curve.EMPTY);
      var points = new ArrayList<>(curve.points());
      Collections.reverse(points);
      other.put(id, new Curve(points, curve.stoppedAt(), curve.completed()));
    }
    return other;
  }

  @Property(tries = 400)
  void decisions_depend_on_what_was_told_and_on_no_order_of_maps(
      @ForAll("rules") PruningRule rule, @ForAll Mode mode, @ForAll long seed) {
    List<Arrival> arrivals = arrivals(seed);
    assertThat(judged(pruner(rule, mode), arrivals, true))
        .isEqualTo(judged(pruner(rule, mode), arrivals, false));
  }

  @Property(tries = 200)
  void what_was_told_so_far_is_decided_the_same_whatever_comes_after(
      @ForAll("rules") PruningRule rule, @ForAll Mode mode, @ForAll long seed) {
    List<Arrival> arrivals = arrivals(seed);
    int some = arrivals.size() / 2;
    assertThat(judged(pruner(rule, mode), arrivals.subList(0, some), false))
        .isEqualTo(judged(pruner(rule, mode), arrivals, false).subList(0, some));
  }

  @Property(tries = 400)
  void what_is_not_finite_ends_at_once_and_the_best_of_all_never(
      @ForAll("rules") PruningRule rule, @ForAll Mode mode, @ForAll long seed) {
    List<Arrival> arrivals = new ArrayList<>();
    for (Arrival one : arrivals(seed)) {
      double best = mode == Mode.MIN ? -100 - one.epoch() : 100 + one.epoch();
      boolean bounds = rule instanceof PruningRule.Threshold;
      arrivals.add(one.branch() == 0 && !bounds ? new Arrival(0, one.epoch(), best) : one);
    }
    List<Optional<Verdict>> verdicts = judged(pruner(rule, mode), arrivals, false);
    boolean[] ended = new boolean[BRANCHES];
    for (int i = 0; i < arrivals.size(); i++) {
      Arrival one = arrivals.get(i);
      if (!ended[one.branch()] && !Double.isFinite(one.value())) {
        assertThat(verdicts.get(i)).isPresent();
      }
      ended[one.branch()] |= verdicts.get(i).isPresent();
    }
    boolean firstEnds =
        rule instanceof PruningRule.Threshold
            || (rule instanceof PruningRule.SuccessiveHalving halving
                && halving.bootstrapCount() > 0);
    assertThat(ended[0] && !firstEnds).isFalse();
  }

  @Test
  void hyperband_deals_branches_to_brackets_of_the_published_sizes() {
    var brackets = new Brackets(3, 1, 81);
    int[] sizes = new int[5];
    for (int place = 0; place < 143; place++) {
      sizes[brackets.of(place)]++;
    }
    assertThat(sizes).containsExactly(5, 8, 15, 34, 81);
    assertThat(brackets.of(0)).isEqualTo(4);
    assertThat(brackets.of(143)).as("over and over").isEqualTo(4);
    assertThat(brackets.rule(4)).isEqualTo(new SuccessiveHalving(1, 3, 0, 0));
    assertThat(brackets.rule(0)).isEqualTo(new SuccessiveHalving(81, 3, 0, 0));
  }
}
