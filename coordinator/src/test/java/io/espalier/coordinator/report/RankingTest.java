package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.ObjectiveSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RankingTest {

  @Test
  void a_trial_that_breaks_a_constraint_ranks_below_all_that_do_not() {
    var ranked =
        Ranking.rank(
            Views.OBJECTIVE, List.of(Views.completed(0, 0.2, 0.0), Views.completed(1, 2.7, 0.84)));
    assertThat(ranked).extracting(t -> t.rank().orElse(0)).containsExactly(2, 1);
    assertThat(ranked.get(0).broken()).containsExactly("retention_accuracy 0 is not >= 0.6");
    assertThat(ranked.get(1).broken()).isEmpty();
  }

  @Test
  void killed_and_failed_trials_come_after_all_others_and_open_ones_last() {
    var trials =
        List.of(
            Views.open(0),
            Views.failed(1),
            Views.killed(2),
            Views.completed(3, Double.NaN, 0.9),
            Views.completed(4, 0.3, 0.1),
            Views.completed(5, 0.3, 0.9));
    var ranked = Ranking.rank(Views.OBJECTIVE, trials);
    assertThat(numbers(Ranking.order(Views.OBJECTIVE, ranked))).containsExactly(5, 3, 4, 1, 2, 0);
    assertThat(ranked)
        .extracting(TrialView::rank)
        .containsExactly(
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.of(2),
            OptionalInt.of(3),
            OptionalInt.of(1));
  }

  @Test
  void a_killed_trial_with_a_train_loss_still_ranks_below_a_worse_one_that_completed() {
    var objective = new ObjectiveSpec("train_loss", ObjectiveSpec.Mode.MAX, List.of());
    var ranked = Ranking.rank(objective, List.of(Views.killed(0), Views.completed(1, 1.0, 1.0)));
    assertThat(ranked).extracting(t -> t.rank().orElse(0)).containsExactly(2, 1);
    assertThat(Ranking.best(objective, ranked))
        .hasValueSatisfying(best -> assertThat(best.config().id().number()).isEqualTo(1));
  }

  @Test
  void a_sweep_of_killed_trials_has_no_best() {
    var objective = new ObjectiveSpec("train_loss", ObjectiveSpec.Mode.MIN, List.of());
    assertThat(Ranking.best(objective, List.of(Views.killed(0)))).isEmpty();
  }

  @Test
  void a_constraint_that_was_not_measured_is_broken() {
    var trial =
        Views.ended(
            0,
            new io.espalier.common.trial.Outcome.Completed(),
            OptionalDouble.of(1),
            Map.of("eval_loss", 1.0));
    assertThat(Ranking.rank(Views.OBJECTIVE, List.of(trial)).get(0).broken())
        .containsExactly("retention_accuracy was not measured");
  }

  @Test
  void what_is_not_finite_is_worst_in_either_mode() {
    var values = List.of(Double.NaN, -1.0, Double.NEGATIVE_INFINITY, 2.0, Double.POSITIVE_INFINITY);
    for (var mode : ObjectiveSpec.Mode.values()) {
      var sorted = new ArrayList<>(values);
      sorted.sort(mode.bestFirst());
      assertThat(sorted.subList(0, 2))
          .containsExactlyElementsOf(
              mode == ObjectiveSpec.Mode.MIN ? List.of(-1.0, 2.0) : List.of(2.0, -1.0));
      assertThat(sorted.get(4)).isNaN();
    }
  }

  @Property(tries = 200)
  void ranks_depend_on_the_trials_and_not_on_their_order(
      @ForAll @Size(min = 1, max = 12) List<@DoubleRange(min = 0, max = 2) Double> losses,
      @ForAll Random random) {
    var trials = new ArrayList<TrialView>();
    for (int i = 0; i < losses.size(); i++) {
      double loss = losses.get(i) > 1.8 ? Double.NaN : losses.get(i);
      trials.add(Views.completed(i, loss, losses.get(i) / 2));
    }
    var shuffled = new ArrayList<>(trials);
    Collections.shuffle(shuffled, random);
    assertThat(Ranking.rank(Views.OBJECTIVE, shuffled))
        .containsExactlyInAnyOrderElementsOf(Ranking.rank(Views.OBJECTIVE, trials));
    assertThat(Ranking.rank(Views.OBJECTIVE, trials))
        .extracting(t -> t.rank().orElse(0))
        .containsExactlyInAnyOrderElementsOf(
            java.util.stream.IntStream.rangeClosed(1, trials.size()).boxed().toList());
  }

  private static List<Integer> numbers(List<TrialView> trials) {
    return trials.stream().map(trial -> trial.config().id().number()).toList();
  }
}
