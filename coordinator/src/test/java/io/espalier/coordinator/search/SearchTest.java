package io.espalier.coordinator.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.PointRule;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.Specs;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SearchTest {

  @Test
  void a_grid_counts_with_the_last_key_fastest() {
    var spec =
        Specs.grid(
            "learning_rate", List.of("1e-3", "1e-4"), "num_train_epochs", List.of("3", "5", "10"));
    var trials = Search.trials(spec);
    assertThat(trials)
        .extracting(trial -> trial.point().values().toString())
        .containsExactly(
            "[1e-3, 3]", "[1e-3, 5]", "[1e-3, 10]", "[1e-4, 3]", "[1e-4, 5]", "[1e-4, 10]");
    assertThat(trials).extracting(trial -> trial.id().number()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(trials.get(5).training().learningRate()).isEqualTo(1e-4);
    assertThat(trials.get(5).training().numTrainEpochs()).isEqualTo(10);
  }

  @Property(tries = 200)
  void each_cell_of_a_grid_is_tried_exactly_once(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(min = 1, max = 5) Integer> sizes) {
    var keys = List.of("lora_rank", "seed", "max_steps", "warmup_steps");
    var space = new LinkedHashMap<String, Candidates>();
    int cells = 1;
    for (int i = 0; i < sizes.size(); i++) {
      space.put(
          keys.get(i),
          new Candidates.Values(
              IntStream.rangeClosed(1, sizes.get(i)).mapToObj(Integer::toString).toList()));
      cells *= sizes.get(i);
    }
    var trials = Search.trials(Specs.searching(grid(space)));
    assertThat(trials).hasSize(cells);
    assertThat(trials).extracting(TrialConfig::point).doesNotHaveDuplicates();
  }

  @Test
  void automatic_accumulation_follows_each_trials_batch_size() {
    var space =
        Map.<String, Candidates>of(
            "per_device_train_batch_size", new Candidates.Values(List.of("1", "4", "32")));
    var trials =
        Search.trials(Specs.searching(new SearchSpec(SearchSpec.Method.GRID, 1, 7, space, true)));
    assertThat(trials)
        .extracting(trial -> trial.training().gradientAccumulationSteps())
        .containsExactly(16, 4, 1);
    assertThat(trials.get(0).point()).containsOnlyKeys("per_device_train_batch_size");
  }

  @Test
  void more_trials_than_the_budget_are_refused() {
    var numbers = IntStream.range(0, 2_000).mapToObj(Integer::toString).toList();
    var spec = Specs.grid("seed", numbers, "warmup_steps", numbers);
    assertThatThrownBy(() -> Search.trials(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("makes 4,000,000 trials; expected at most budget.max_trials, 1,000");
  }

  @Test
  void a_grid_too_large_to_count_is_refused() {
    var space = new LinkedHashMap<String, Candidates>();
    for (int i = 0; i < 100; i++) {
      space.put("key" + i, new Candidates.Values(List.of("1", "2")));
    }
    assertThatThrownBy(() -> Search.trials(Specs.searching(grid(space))))
        .isInstanceOf(UserError.class);
  }

  @Property(tries = 300)
  void draws_stay_in_their_ranges(@ForAll long seed, @ForAll @IntRange(max = 900) int trial) {
    double unit = RandomSearch.unit(seed, trial, "learning_rate");
    assertThat(unit).isGreaterThanOrEqualTo(0).isLessThan(1);
    for (double u : new double[] {unit, 0, Math.nextDown(1.0)}) {
      assertThat(draw(new Candidates.Uniform(0.1, 0.10001), u))
          .isGreaterThanOrEqualTo(0.1)
          .isLessThan(0.10001);
      assertThat(draw(new Candidates.LogUniform(1e-5, 1e-3), u))
          .isGreaterThanOrEqualTo(1e-5)
          .isLessThan(1e-3);
      assertThat(draw(new Candidates.IntRange(4, 16), u)).isBetween(4.0, 16.0);
      assertThat(Draws.value(new Candidates.Values(List.of("a", "b")), u)).isIn("a", "b");
    }
  }

  @Test
  void the_same_seed_gives_the_same_trials_and_more_trials_change_none() {
    var few = Search.trials(Specs.searching(random(5, 7, List.of("learning_rate"))));
    var many = Search.trials(Specs.searching(random(50, 7, List.of("learning_rate"))));
    assertThat(many.subList(0, 5)).isEqualTo(few);
    var other = Search.trials(Specs.searching(random(5, 8, List.of("learning_rate"))));
    assertThat(other).isNotEqualTo(few);
  }

  @Test
  void another_key_in_the_space_changes_no_draw() {
    var one = Search.trials(Specs.searching(random(20, 7, List.of("learning_rate"))));
    var two =
        Search.trials(Specs.searching(random(20, 7, List.of("adam_epsilon", "learning_rate"))));
    for (int i = 0; i < one.size(); i++) {
      assertThat(two.get(i).training().learningRate())
          .isEqualTo(one.get(i).training().learningRate());
    }
  }

  @Test
  void log_uniform_draws_fill_each_decade_alike() {
    int[] decades = new int[2];
    for (int trial = 0; trial < 2_000; trial++) {
      double rate =
          draw(new Candidates.LogUniform(1e-5, 1e-3), RandomSearch.unit(7, trial, "learning_rate"));
      decades[rate < 1e-4 ? 0 : 1]++;
    }
    assertThat(decades[0]).isBetween(900, 1_100);
  }

  @Test
  void every_whole_number_and_choice_comes_up() {
    var seen =
        IntStream.range(0, 500)
            .mapToObj(t -> Draws.value(new Candidates.IntRange(1, 8), RandomSearch.unit(1, t, "k")))
            .distinct()
            .toList();
    assertThat(seen).hasSize(8);
  }

  @Test
  void drawn_numbers_read_well() {
    assertThat(Draws.value(new Candidates.LogUniform(1e-5, 1e-3), 0.5)).isEqualTo("1e-4");
    assertThat(Draws.value(new Candidates.Uniform(0, 1), 0.123456)).isEqualTo("0.1235");
    assertThat(Draws.value(new Candidates.Uniform(0, 1e9), 0.5)).isEqualTo("5e8");
    assertThat(Draws.value(new Candidates.Uniform(0, 1), 0)).isEqualTo("0");
  }

  private static double draw(Candidates candidates, double unit) {
    return Double.parseDouble(Draws.value(candidates, unit));
  }

  private static SearchSpec grid(Map<String, Candidates> space) {
    return new SearchSpec(SearchSpec.Method.GRID, 1, 7, space, false);
  }

  private static SearchSpec random(int trials, long seed, List<String> keys) {
    var space = new LinkedHashMap<String, Candidates>();
    keys.forEach(key -> space.put(key, new Candidates.LogUniform(1e-5, 1e-3)));
    return new SearchSpec(SearchSpec.Method.RANDOM, trials, seed, space, false);
  }

  private static SearchSpec with(
      SearchSpec.Method method,
      Map<String, Candidates> space,
      List<Map<String, String>> points,
      Map<String, SearchSpec.Condition> conditions,
      List<PointRule> constraints,
      Optional<SearchSpec.RateScaling> scaling) {
    return new SearchSpec(
        method, 12, 7, space, false, points, conditions, constraints, scaling, 1, false);
  }

  private static Candidates values(String... values) {
    return new Candidates.Values(List.of(values));
  }

  private static Map<String, Candidates> space(Object... keysAndCandidates) {
    var space = new LinkedHashMap<String, Candidates>();
    for (int i = 0; i < keysAndCandidates.length; i += 2) {
      space.put((String) keysAndCandidates[i], (Candidates) keysAndCandidates[i + 1]);
    }
    return space;
  }

  private static List<String> points(SearchSpec search) {
    return Search.trials(Specs.searching(search)).stream()
        .map(trial -> trial.point().toString())
        .toList();
  }

  @Test
  void listed_points_are_tried_in_their_order_and_once() {
    List<Map<String, String>> listed =
        List.of(
            Map.of("learning_rate", "1e-3"),
            Map.of("lora_rank", "4"),
            Map.of("learning_rate", "0.001"));
    SearchSpec search =
        with(SearchSpec.Method.POINTS, Map.of(), listed, Map.of(), List.of(), Optional.empty());

    Search found = Search.of(Specs.searching(search));

    assertThat(found.trials())
        .extracting(TrialConfig::point)
        .containsExactly(Map.of("learning_rate", "1e-3"), Map.of("lora_rank", "4"));
    assertThat(found.duplicates()).isEqualTo(1);
  }

  @Test
  void a_key_with_a_condition_is_there_only_where_it_holds() {
    SearchSpec search =
        with(
            SearchSpec.Method.GRID,
            space("optimizer", values("sgd", "adamw"), "momentum", values("0", "0.9")),
            List.of(),
            Map.of("momentum", new SearchSpec.Condition("optimizer", List.of("sgd"))),
            List.of(),
            Optional.empty());

    assertThat(points(search))
        .containsExactly(
            "{optimizer=sgd, momentum=0}", "{optimizer=sgd, momentum=0.9}", "{optimizer=adamw}");
  }

  @Test
  void points_that_break_a_constraint_are_left_out_and_numbers_go_on_without_them() {
    SearchSpec search =
        with(
            SearchSpec.Method.GRID,
            space("learning_rate", values("1e-4", "1e-2"), "num_train_epochs", values("1", "10")),
            List.of(),
            Map.of(),
            List.of(
                new PointRule("learning_rate * num_train_epochs < 0.05"),
                new PointRule("optimizer == 'adamw' && effective_batch <= 64")),
            Optional.empty());

    Search found = Search.of(Specs.searching(search));

    assertThat(found.constrained()).isEqualTo(1);
    assertThat(found.trials()).extracting(trial -> trial.id().number()).containsExactly(0, 1, 2);
  }

  @Property(tries = 200)
  void each_cell_that_conditions_and_constraints_leave_is_tried_exactly_once(
      @ForAll @IntRange(min = 1, max = 4) int ranks,
      @ForAll @IntRange(min = 1, max = 4) int seeds,
      @ForAll @IntRange(min = 0, max = 4) int only,
      @ForAll @IntRange(min = 0, max = 6) int most) {
    List<String> all = IntStream.rangeClosed(1, 4).mapToObj(Integer::toString).toList();
    SearchSpec search =
        with(
            SearchSpec.Method.GRID,
            space(
                "lora_rank", new Candidates.Values(all.subList(0, ranks)),
                "seed", new Candidates.Values(all.subList(0, seeds))),
            List.of(),
            Map.of("seed", new SearchSpec.Condition("lora_rank", all.subList(0, only))),
            List.of(new PointRule("lora_rank + seed <= " + (most + 42))),
            Optional.empty());
    var expected = new HashSet<String>();
    for (int rank = 1; rank <= ranks; rank++) {
      for (int seed = 1; seed <= seeds && rank <= only; seed++) {
        expected.add("{lora_rank=%d, seed=%d}".formatted(rank, seed));
      }
      if (rank > only && rank <= most) {
        expected.add("{lora_rank=%d}".formatted(rank));
      }
    }
    if (expected.isEmpty()) {
      assertThatThrownBy(() -> points(search)).hasMessageContaining("leave no point");
    } else {
      assertThat(points(search)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void learning_rates_grow_with_the_batch_by_the_optimizers_rule() {
    var space =
        space(
            "optimizer", values("adamw", "sgd"),
            "learning_rate", values("1e-3"),
            "per_device_train_batch_size", values("2", "8"));

    assertThat(
            points(
                with(
                    SearchSpec.Method.GRID,
                    space,
                    List.of(),
                    Map.of(),
                    List.of(),
                    Optional.of(SearchSpec.RateScaling.AUTO))))
        .extracting(point -> point.replaceAll(".*learning_rate=([^,]*).*", "$1"))
        .containsExactly("1e-3", "0.002", "1e-3", "0.004");
  }

  @ParameterizedTest
  @EnumSource(names = {"HALTON", "SOBOL"})
  void quasi_random_draws_fill_a_space_more_evenly_than_random_ones_and_go_on(
      SearchSpec.Method method) {
    var space =
        space(
            "learning_rate",
            new Candidates.Uniform(0, 1),
            "weight_decay",
            new Candidates.Uniform(0, 1));
    SearchSpec even = new SearchSpec(method, 64, 7, space, false);
    SearchSpec random = new SearchSpec(SearchSpec.Method.RANDOM, 64, 7, space, false);

    assertThat(discrepancy(even)).isLessThan(0.6 * discrepancy(random));
    assertThat(points(even).subList(0, 20))
        .isEqualTo(points(new SearchSpec(method, 20, 7, space, false)));
    assertThat(points(even)).isNotEqualTo(points(new SearchSpec(method, 64, 8, space, false)));
  }

  @Test
  void a_constraint_that_cannot_be_computed_of_a_point_is_told() {
    SearchSpec search =
        with(
            SearchSpec.Method.GRID,
            space("lora_rank", values("4", "16")),
            List.of(),
            Map.of(),
            List.of(new PointRule("1 / (lora_rank - 16) < 0")),
            Optional.empty());

    assertThatThrownBy(() -> points(search))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("search.constraints: 1 / (lora_rank - 16) < 0 cannot be computed");
  }

  /** Star discrepancy on a lattice: the largest error of a box's share of the points. */
  private static double discrepancy(SearchSpec search) {
    List<TrialConfig> trials = Search.trials(Specs.searching(search));
    double worst = 0;
    for (int x = 1; x <= 20; x++) {
      for (int y = 1; y <= 20; y++) {
        double right = x / 20.0;
        double top = y / 20.0;
        long inside =
            trials.stream()
                .filter(trial -> trial.training().learningRate() < right)
                .filter(trial -> trial.training().optimizer().weightDecay() < top)
                .count();
        worst = Math.max(worst, Math.abs((double) inside / trials.size() - right * top));
      }
    }
    return worst;
  }

  @Test
  void a_point_is_trained_with_as_many_seeds_as_it_is_repeated() {
    var search =
        new SearchSpec(
            SearchSpec.Method.GRID,
            1,
            7,
            space("learning_rate", values("1e-3", "1e-4")),
            false,
            List.of(),
            Map.of(),
            List.of(),
            Optional.empty(),
            3,
            false);
    long seed = Specs.searching(search).training().seed();

    List<TrialConfig> trials = Search.trials(Specs.searching(search));

    assertThat(trials).extracting(trial -> trial.id().number()).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(trials)
        .extracting(trial -> trial.training().seed())
        .containsExactly(seed, seed + 1, seed + 2, seed, seed + 1, seed + 2);
    assertThat(trials)
        .extracting(trial -> trial.point().get("seed"))
        .containsExactlyElementsOf(
            trials.stream().map(trial -> Long.toString(trial.training().seed())).toList());
    assertThat(search.size()).isEqualTo(6);
  }
}
