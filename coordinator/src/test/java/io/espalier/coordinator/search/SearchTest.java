package io.espalier.coordinator.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.Specs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

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
      assertThat(RandomSearch.value(new Candidates.Values(List.of("a", "b")), u)).isIn("a", "b");
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
            .mapToObj(
                t ->
                    RandomSearch.value(new Candidates.IntRange(1, 8), RandomSearch.unit(1, t, "k")))
            .distinct()
            .toList();
    assertThat(seen).hasSize(8);
  }

  @Test
  void drawn_numbers_read_well() {
    assertThat(RandomSearch.value(new Candidates.LogUniform(1e-5, 1e-3), 0.5)).isEqualTo("1e-4");
    assertThat(RandomSearch.value(new Candidates.Uniform(0, 1), 0.123456)).isEqualTo("0.1235");
    assertThat(RandomSearch.value(new Candidates.Uniform(0, 1e9), 0.5)).isEqualTo("5e8");
    assertThat(RandomSearch.value(new Candidates.Uniform(0, 1), 0)).isEqualTo("0");
  }

  private static double draw(Candidates candidates, double unit) {
    return Double.parseDouble(RandomSearch.value(candidates, unit));
  }

  private static SearchSpec grid(Map<String, Candidates> space) {
    return new SearchSpec(SearchSpec.Method.GRID, 1, 7, space, false);
  }

  private static SearchSpec random(int trials, long seed, List<String> keys) {
    var space = new LinkedHashMap<String, Candidates>();
    keys.forEach(key -> space.put(key, new Candidates.LogUniform(1e-5, 1e-3)));
    return new SearchSpec(SearchSpec.Method.RANDOM, trials, seed, space, false);
  }
}
