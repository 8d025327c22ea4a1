package io.espalier.coordinator.recommendation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.spec.ObjectiveSpec;
import io.espalier.common.trial.Branch;
import io.espalier.common.trial.BranchId;
import io.espalier.common.trial.Outcome;
import io.espalier.common.trial.SweepId;
import io.espalier.common.trial.TrialConfig;
import io.espalier.common.trial.TrialId;
import io.espalier.common.trial.TrialResult;
import io.espalier.coordinator.Specs;
import io.espalier.coordinator.report.Ranking;
import io.espalier.coordinator.report.SweepView;
import io.espalier.coordinator.report.TrialView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RecommendationTest {
  private static final ObjectiveSpec OBJECTIVE =
      new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of());
  private static final List<String> RATES = List.of("1e-4", "1e-3", "1e-2");
  private static final List<String> EPOCHS = List.of("1", "3", "10");

  /** A loss of each cell, by learning rate and epochs. */
  private interface Loss {
    double of(int rate, int epochs);
  }

  private static TrialView trial(int number, long updates, Map<String, String> point, double loss) {
    var id = new TrialId(number);
    Outcome outcome =
        Double.isFinite(loss) ? new Outcome.Completed() : new Outcome.Failed("it broke");
    var result =
        new TrialResult(
            id,
            outcome,
            30,
            3,
            300,
            9000,
            OptionalDouble.of(1),
            Double.isFinite(loss) ? Map.of("eval_loss", loss) : Map.of(),
            1,
            Optional.empty(),
            Optional.empty());
    return new TrialView(
        new TrialConfig(id, point, Specs.TRAINING),
        updates,
        new BranchId(number),
        Optional.empty(),
        Optional.of(result),
        OptionalInt.empty(),
        List.of());
  }

  private static SweepView sweep(Loss loss) {
    List<TrialView> trials = new ArrayList<>();
    for (int rate = 0; rate < RATES.size(); rate++) {
      for (int epochs = 0; epochs < EPOCHS.size(); epochs++) {
        var point = new LinkedHashMap<String, String>();
        point.put("learning_rate", RATES.get(rate));
        point.put("num_train_epochs", EPOCHS.get(epochs));
        point.put("optimizer", "adamw");
        trials.add(trial(trials.size(), 30, point, loss.of(rate, epochs)));
      }
    }
    return sweep(trials);
  }

  private static SweepView sweep(List<TrialView> trials) {
    return new SweepView(
        new SweepId("demo-1"),
        SweepView.State.COMPLETED,
        Optional.empty(),
        OBJECTIVE,
        Optional.empty(),
        Instant.EPOCH,
        Optional.of(Instant.EPOCH),
        Optional.empty(),
        Ranking.rank(OBJECTIVE, trials),
        List.of());
  }

  @Test
  void a_trial_that_went_on_from_another_says_nothing_of_the_values_it_has() {
    List<TrialView> trials = new ArrayList<>();
    for (int rate = 0; rate < RATES.size(); rate++) {
      trials.add(trial(rate, 30, Map.of("learning_rate", RATES.get(rate)), rate == 1 ? 0.3 : 0.5));
    }
    TrialView clone = trial(3, 30, Map.of("learning_rate", "1e-5"), 0.1);
    trials.add(
        new TrialView(
            clone.config(),
            clone.updates(),
            clone.branch(),
            clone.worker(),
            clone.result(),
            clone.rank(),
            clone.broken(),
            Optional.of(new Branch.Fork(new BranchId(1), 7, true)),
            clone.rests()));
    Recommendation found = Recommendation.of(sweep(trials)).orElseThrow();
    assertThat(found.winner()).isEqualTo(new TrialId(1));
    assertThat(found.edges()).isEmpty();
    assertThat(found.lines().get(0))
        .isEqualTo(
            "Trial 3 went on from another's checkpoint; of those that did not trial 1 is the best, and what follows is of them.");
  }

  @Test
  void a_winner_inside_the_grid_is_searched_around_half_the_way_to_its_neighbours() {
    Recommendation found =
        Recommendation.of(sweep((rate, epochs) -> Math.abs(rate - 1) + Math.abs(epochs - 1)))
            .orElseThrow();

    assertThat(found.winner()).isEqualTo(new TrialId(4));
    assertThat(found.edges()).isEmpty();
    assertThat(found.next())
        .isEqualTo(
            Map.of(
                "learning_rate", List.of("3.2e-4", "1e-3", "0.0032"),
                "num_train_epochs", List.of("2", "3", "5")));
    assertThat(found.lines()).first().asString().contains("inside the grid");
  }

  @Test
  void a_winner_at_the_grids_edge_is_searched_beyond_it() {
    Recommendation found =
        Recommendation.of(sweep((rate, epochs) -> rate + (2 - epochs))).orElseThrow();

    assertThat(found.edges())
        .containsExactly(
            new Recommendation.Edge("learning_rate", "1e-4", false, Optional.of("1e-5")),
            new Recommendation.Edge("num_train_epochs", "10", true, Optional.of("33")));
    assertThat(found.next())
        .isEqualTo(
            Map.of(
                "learning_rate", List.of("1e-5", "1e-4", "3.2e-4"),
                "num_train_epochs", List.of("5", "10", "33")));
    assertThat(found.lines())
        .contains(
            "learning_rate 1e-4 is the smallest that was tried: a better one may lie beyond; try 1e-5.");
  }

  @Test
  void a_wide_gap_is_no_step_to_take_beyond_the_edge() {
    List<TrialView> trials =
        List.of(
            trial(0, 30, Map.of("learning_rate", "3e-3"), 1),
            trial(1, 30, Map.of("learning_rate", "10"), Double.NaN));

    assertThat(Recommendation.of(sweep(trials)).orElseThrow().edges())
        .containsExactly(
            new Recommendation.Edge("learning_rate", "3e-3", false, Optional.of("3e-4")));
  }

  @Test
  void what_a_key_explains_is_its_share_of_the_trials_order_and_what_diverged_is_last() {
    Recommendation found =
        Recommendation.of(sweep((rate, epochs) -> rate == 2 ? Double.NaN : 1 + 0.1 * rate + epochs))
            .orElseThrow();

    Map<String, Double> shares = found.sensitivity();
    assertThat(shares.keySet()).containsExactly("learning_rate", "num_train_epochs");
    assertThat(shares.values()).allSatisfy(share -> assertThat(share).isBetween(0.0, 1.0));
    // Places 0 to 5 by epochs and then rate, and 7 three times.
    assertThat(shares.get("learning_rate")).isCloseTo(42.0 / 58, within(1e-9));
  }

  @Test
  void nothing_is_recommended_of_a_sweep_whose_trials_all_diverged() {
    assertThat(Recommendation.of(sweep((rate, epochs) -> Double.NaN))).isEmpty();
  }

  @Property(tries = 100)
  void what_is_proposed_holds_the_winners_value_and_else_only_new_ones(
      @ForAll @IntRange(min = 0, max = 2) int rate,
      @ForAll @IntRange(min = 0, max = 2) int epochs) {
    Recommendation found =
        Recommendation.of(sweep((r, e) -> Math.abs(r - rate) + Math.abs(e - epochs))).orElseThrow();

    found
        .next()
        .forEach(
            (key, values) -> {
              List<String> tried = key.equals("learning_rate") ? RATES : EPOCHS;
              String own = tried.get(key.equals("learning_rate") ? rate : epochs);
              assertThat(values).contains(own).doesNotHaveDuplicates();
              assertThat(values.stream().filter(tried::contains)).containsExactly(own);
            });
  }

  /** A learning rate with three seeds each; the first takes longer to train. */
  private static SweepView repeated(Map<String, List<Double>> losses) {
    List<TrialView> trials = new ArrayList<>();
    losses.forEach(
        (rate, values) -> {
          for (double loss : values) {
            var point = new LinkedHashMap<String, String>();
            point.put("learning_rate", rate);
            point.put("seed", Integer.toString(trials.size()));
            trials.add(trial(trials.size(), trials.size() < 3 ? 30 : 20, point, loss));
          }
        });
    return sweep(trials);
  }

  @Test
  void repeats_are_told_by_their_mean_and_how_far_they_vary() {
    var losses = new LinkedHashMap<String, List<Double>>();
    losses.put("1e-4", List.of(1.1, 1.2, 1.0));
    losses.put("1e-3", List.of(1.9, 0.9, 2.0));
    losses.put("1e-2", List.of(1.4, 1.5, 1.45));
    losses.put("1e-1", List.of(0.5, 0.5, Double.NaN));

    SeedNoise found = Recommendation.of(repeated(losses)).orElseThrow().seeds().orElseThrow();

    assertThat(found.lines())
        .containsExactly(
            "By the mean of 3 seeds the best is learning_rate=1e-4: eval_loss 1.1 ± 0.1.",
            "The seeds do not tell it from learning_rate=1e-3, which takes less training.");
    losses.remove("1e-3");
    assertThat(Recommendation.of(repeated(losses)).orElseThrow().seeds().orElseThrow().cheaper())
        .isEmpty();
    assertThat(Recommendation.of(sweep((rate, epochs) -> rate)).orElseThrow().seeds()).isEmpty();
  }

  /** Losses over five draws of the rows. */
  private static TrialView drawn(int number, long updates, double... losses) {
    double mean = Arrays.stream(losses).average().orElseThrow();
    TrialView plain =
        trial(number, updates, Map.of("num_train_epochs", Long.toString(updates)), mean);
    TrialResult told = plain.result().orElseThrow();
    var result =
        new TrialResult(
            told.trial(),
            told.outcome(),
            told.updates(),
            told.epochs(),
            told.samples(),
            told.tokens(),
            told.trainLoss(),
            told.metrics(),
            told.seconds(),
            told.adapter(),
            told.provenance(),
            Arrays.stream(losses).boxed().toList(),
            Optional.empty());
    return new TrialView(
        plain.config(),
        updates,
        plain.branch(),
        plain.worker(),
        Optional.of(result),
        plain.rank(),
        plain.broken());
  }

  @Test
  void a_cheaper_trial_that_the_rows_do_not_tell_from_the_best_is_named() {
    List<TrialView> trials =
        List.of(
            drawn(0, 100, 1.0, 1.2, 0.8, 1.1, 0.9),
            drawn(1, 50, 1.05, 1.15, 0.85, 1.12, 0.88),
            drawn(2, 20, 1.1, 1.3, 0.9, 1.2, 1.0));

    Recommendation found = Recommendation.of(sweep(trials)).orElseThrow();

    assertThat(found.winner()).isEqualTo(new TrialId(0));
    assertThat(found.lines())
        .as("that of 20 updates is worse by 0.1 whatever the draw")
        .contains(
            "By eval_loss its rows do not tell it from trial 1, which takes 50 updates instead of 100.");
  }

  @Test
  void where_nothing_was_drawn_or_none_is_cheaper_no_chance_is_told() {
    assertThat(Recommendation.of(sweep((rate, epochs) -> rate)).orElseThrow().rows()).isEmpty();
    List<TrialView> trials =
        List.of(drawn(0, 50, 1.0, 1.2, 0.8, 1.1, 0.9), drawn(1, 50, 1.05, 1.1, 0.9, 1.1, 0.9));
    assertThat(Recommendation.of(sweep(trials)).orElseThrow().rows()).isEmpty();
  }
}
