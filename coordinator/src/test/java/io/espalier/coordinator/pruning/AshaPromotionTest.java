package io.espalier.coordinator.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.PruningRule;
import io.espalier.common.spec.PruningSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.coordinator.Specs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AshaPromotionTest {
  private static final int SAMPLES = 100;
  private static final int EPOCHS = 9;

  private final Map<BranchId, Curve> curves = new HashMap<>();
  private final Map<BranchId, Long> resting = new HashMap<>();

  private static Promotion thirds(int branches) {
    return promotion(
        PruningSpec.Compare.ALIKE,
        IntStream.range(0, branches).mapToObj(number -> branch(number, EPOCHS)).toList());
  }

  private static Promotion promotion(PruningSpec.Compare compare, List<Branch> branches) {
    var spec =
        new PruningSpec(
            "eval_loss",
            Mode.MIN,
            new PruningRule.AshaPromotion(3, 1),
            PruningSpec.Unit.EPOCHS,
            compare,
            List.of());
    return Promotion.of(spec, branches, SAMPLES).orElseThrow();
  }

  /** Batches of four: 25 updates an epoch. */
  private static Branch branch(int number, int epochs) {
    var trial = new TrialId(number);
    var training =
        Specs.HYPERPARAMETERS
            .with(
                Map.of(
                    "num_train_epochs",
                    Integer.toString(epochs),
                    "per_device_train_batch_size",
                    "4",
                    "warmup_ratio",
                    "0"))
            .training();
    return new Branch(
        new BranchId(number),
        new TrialConfig(trial, Map.of(), training),
        List.of(new Branch.Milestone(trial, 25 * epochs)));
  }

  private void rests(int branch, int epochs, double value) {
    reports(branch, epochs, value, EPOCHS);
  }

  /** Of a training of {@code length} epochs. */
  private void reports(int branch, int epochs, double value, int length) {
    var id = new BranchId(branch);
    List<Curve.Point> points = new ArrayList<>(curves.getOrDefault(id, Curve.EMPTY).points());
    points.add(new Curve.Point(25L * epochs, (long) SAMPLES * epochs, value, List.of()));
    curves.put(id, new Curve(points, OptionalLong.empty(), epochs == length));
    if (epochs < length) {
      resting.put(id, 25L * epochs);
    }
  }

  private static List<BranchId> ids(int... numbers) {
    return IntStream.of(numbers).mapToObj(BranchId::new).toList();
  }

  @Test
  void rungs_are_powers_of_the_reduction_factor_before_the_end() {
    assertThat(AshaPromotion.rungs(3, 1, 27)).containsExactly(1L, 3L, 9L);
    assertThat(AshaPromotion.rungs(3, 1, 20)).containsExactly(1L, 3L, 9L);
    assertThat(AshaPromotion.rungs(2, 0.25, 3)).as("within an epoch").containsExactly(1L, 2L);
    assertThat(AshaPromotion.rungs(3, 1, 1)).isEmpty();
  }

  @Test
  void a_branch_rests_at_each_rung_and_then_trains_to_its_end() {
    Promotion promotion = thirds(1);
    assertThat(promotion.rest(new BranchId(0), 0)).contains(25L);
    assertThat(promotion.rest(new BranchId(0), 25)).contains(75L);
    assertThat(promotion.rest(new BranchId(0), 30)).contains(75L);
    assertThat(promotion.rest(new BranchId(0), 75)).isEmpty();
  }

  @Test
  void the_best_third_is_promoted_the_highest_rung_first_and_each_once() {
    Promotion promotion = thirds(9);
    rests(0, 1, 0.5);
    rests(1, 1, 0.6);
    assertThat(promotion.promoted(curves, resting)).as("a third of two is none").isEmpty();
    rests(2, 1, 0.4);
    assertThat(promotion.promoted(curves, resting)).isEqualTo(ids(2));
    resting.remove(new BranchId(2));
    assertThat(promotion.promoted(curves, resting)).as("it goes on already").isEmpty();

    IntStream.range(3, 9).forEach(branch -> rests(branch, 1, 0.3 + branch / 100.0));
    assertThat(promotion.promoted(curves, resting)).isEqualTo(ids(3, 4, 5));
    rests(2, 3, 0.35);
    rests(3, 3, 0.2);
    rests(4, 3, 0.25);
    assertThat(promotion.promoted(curves, resting)).isEqualTo(ids(3, 5));
  }

  @Test
  void who_is_not_finite_is_worst() {
    Promotion promotion = thirds(3);
    rests(0, 1, Double.NaN);
    rests(1, 1, 9);
    rests(2, 1, Double.NEGATIVE_INFINITY);
    assertThat(promotion.promoted(curves, resting)).isEqualTo(ids(1));
  }

  @Test
  void when_nothing_else_is_left_the_best_of_those_that_came_farthest_goes_on() {
    Promotion promotion = thirds(4);
    rests(0, 1, 0.5);
    rests(1, 1, 0.4);
    rests(2, 3, 0.6);
    assertThat(promotion.last(curves, resting)).isEqualTo(ids(2));
    resting.remove(new BranchId(2));
    assertThat(promotion.last(curves, resting)).as("it was killed on its way").isEqualTo(ids(1));
    rests(3, EPOCHS, 0.7);
    assertThat(promotion.last(curves, resting)).as("one was trained to its end").isEmpty();
  }

  @Test
  void where_all_are_compared_a_short_training_promotes_with_the_long_ones_but_ends_none() {
    Promotion promotion =
        promotion(
            PruningSpec.Compare.ALL,
            IntStream.range(0, 4)
                .mapToObj(number -> branch(number, number == 0 ? 3 : 27))
                .toList());
    assertThat(promotion.rest(new BranchId(0), 25)).as("its end at three epochs").isEmpty();
    assertThat(promotion.rest(new BranchId(1), 75)).contains(9 * 25L);
    reports(0, 1, 0.1, 3);
    reports(1, 1, 0.2, 27);
    reports(2, 1, 0.3, 27);
    assertThat(promotion.promoted(curves, resting)).isEqualTo(ids(0));
    resting.remove(new BranchId(0));
    reports(0, 3, 0.1, 3);
    assertThat(promotion.last(curves, resting)).as("the short one went farther").isEmpty();
    reports(3, 9, 0.4, 27);
    assertThat(promotion.last(curves, resting)).as("it has come farther").isEqualTo(ids(3));
  }

  @Test
  void who_is_left_behind_is_told_its_place_and_the_limit() {
    Promotion promotion = thirds(3);
    rests(0, 1, 0.5);
    rests(1, 1, 0.6);
    rests(2, 1, 0.4);
    assertThat(promotion.leftBehind(new BranchId(1), 25, curves).sentence())
        .isEqualTo(
            "asha after 1 epoch: eval_loss 0.6 is place 3 of 3; the best 1, down to 0.4, were promoted");
    assertThat(promotion.leftBehind(new BranchId(1), 25, curves).threshold()).isEqualTo(0.4);
  }

  /** One slot, whose owner follows the published algorithm, and one that asks for what to train. */
  @Property
  void one_slot_trains_what_the_published_algorithm_trains(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(max = 20) Integer> values) {
    var published = new ArrayList<String>();
    List<Map<Integer, Integer>> rungs = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
    List<List<Integer>> promoted = List.of(new ArrayList<>(), new ArrayList<>());
    int begun = 0;
    while (true) {
      int next = -1;
      for (int rung = 1; rung >= 0 && next < 0; rung--) {
        List<Integer> best =
            rungs.get(rung).entrySet().stream()
                .sorted(
                    Map.Entry.<Integer, Integer>comparingByValue()
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList();
        for (int candidate : best.subList(0, best.size() / 3)) {
          if (next < 0 && !promoted.get(rung).contains(candidate)) {
            promoted.get(rung).add(candidate);
            published.add("%d from rung %d".formatted(candidate, rung));
            next = candidate;
            if (rung == 0) {
              rungs.get(1).put(candidate, values.get(candidate));
            }
          }
        }
      }
      if (next < 0) {
        if (begun == values.size()) {
          break;
        }
        rungs.get(0).put(begun, values.get(begun));
        begun++;
      }
    }

    curves.clear();
    resting.clear();
    Promotion promotion = thirds(values.size());
    var asked = new ArrayList<String>();
    for (int branch = 0; branch <= values.size(); branch++) {
      for (List<BranchId> goOn = promotion.promoted(curves, resting);
          !goOn.isEmpty();
          goOn = promotion.promoted(curves, resting)) {
        BranchId first = goOn.get(0);
        boolean low = resting.remove(first) == 25;
        asked.add("%s from rung %d".formatted(first, low ? 0 : 1));
        rests(first.number(), low ? 3 : EPOCHS, values.get(first.number()));
      }
      if (branch < values.size()) {
        rests(branch, 1, values.get(branch));
      }
    }

    assertThat(asked).isEqualTo(published);
    assertThat(promotion.promoted(curves, resting)).isEmpty();
  }

  @Property
  void the_order_of_what_it_is_told_changes_nothing(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(max = 20) Integer> values) {
    curves.clear();
    resting.clear();
    IntStream.range(0, values.size()).forEach(branch -> rests(branch, 1, values.get(branch)));
    var backwards = new TreeMap<BranchId, Curve>(Comparator.reverseOrder());
    backwards.putAll(curves);

    Promotion promotion = thirds(values.size());
    List<BranchId> promoted = promotion.promoted(curves, resting);

    assertThat(promoted).hasSize(values.size() / 3);
    assertThat(promotion.promoted(backwards, new TreeMap<>(resting))).isEqualTo(promoted);
    assertThat(promotion.last(backwards, new TreeMap<>(resting)))
        .isEqualTo(promotion.last(curves, resting));
  }
}
