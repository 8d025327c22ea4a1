package io.espalier.coordinator.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.SearchSpec;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.spec.SweepSpec;
import io.espalier.common.trial.TrialConfig;
import io.espalier.coordinator.Specs;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TreeParzenTest {
  private static Candidates values(String... values) {
    return new Candidates.Values(List.of(values));
  }

  @Test
  void a_value_lies_where_it_is_drawn_by() {
    List<Candidates> all =
        List.of(
            new Candidates.LogUniform(1e-5, 1e-1),
            new Candidates.Uniform(-3, 5),
            new Candidates.IntRange(2, 9),
            values("adam", "sgd", "adamw"));

    for (Candidates candidates : all) {
      for (double unit = 0.0625; unit < 1; unit += 0.125) {
        String value = Draws.value(candidates, unit);
        assertThat(Draws.value(candidates, Draws.unit(candidates, value))).isEqualTo(value);
      }
    }
  }

  /** A valley in two numbers and a choice; the others are as good as at its rim. */
  private static double valley(TrialConfig trial) {
    double rate = Math.log10(Double.parseDouble(trial.point().get("learning_rate")));
    double decay = Double.parseDouble(trial.point().get("weight_decay"));
    return Math.abs(rate + 3)
        + 2 * Math.abs(decay - 0.3)
        + (trial.point().get("optimizer").equals("adam") ? 0 : 1);
  }

  private static SearchSpec valleySearch(SearchSpec.Method method, int seed) {
    var space = new LinkedHashMap<String, Candidates>();
    space.put("learning_rate", new Candidates.LogUniform(1e-6, 1e-1));
    space.put("weight_decay", new Candidates.Uniform(0, 1));
    space.put("optimizer", values("adamw", "adam", "sgd"));
    return new SearchSpec(method, 50, seed, space, false);
  }

  @Test
  void what_learns_from_results_finds_better_points_than_chance() {
    int better = 0;
    for (int seed = 0; seed < 10; seed++) {
      SweepSpec random = Specs.searching(valleySearch(SearchSpec.Method.RANDOM, seed));
      double byChance =
          Search.trials(random).stream().mapToDouble(TreeParzenTest::valley).min().orElseThrow();
      SweepSpec learning = Specs.searching(valleySearch(SearchSpec.Method.TPE, seed));
      List<TrialConfig> ended = new ArrayList<>(Search.trials(learning));
      assertThat(ended).hasSize(10);
      while (ended.size() < 50) {
        ended.sort(Comparator.comparingDouble(TreeParzenTest::valley));
        List<TrialConfig> proposed = Search.proposed(learning, ended, List.of(), 4);
        assertThat(proposed)
            .extracting(trial -> trial.id().number())
            .containsExactly(ended.size(), ended.size() + 1, ended.size() + 2, ended.size() + 3);
        ended.addAll(proposed);
      }
      double learned = ended.stream().mapToDouble(TreeParzenTest::valley).min().orElseThrow();
      better += learned < byChance ? 1 : 0;
    }
    assertThat(better).isGreaterThanOrEqualTo(8);
  }

  @Test
  void what_is_proposed_follows_from_what_is_known_and_differs_from_all_of_it() {
    SweepSpec spec = Specs.searching(valleySearch(SearchSpec.Method.TPE, 7));
    List<TrialConfig> known = Search.trials(spec);
    List<TrialConfig> ended = known.subList(0, 6);
    List<TrialConfig> running = known.subList(6, 10);

    List<TrialConfig> proposed = Search.proposed(spec, ended, running, 3);

    assertThat(proposed).hasSize(3).isEqualTo(Search.proposed(spec, ended, running, 3));
    assertThat(proposed)
        .extracting(TrialConfig::training)
        .doesNotContainAnyElementsOf(known.stream().map(TrialConfig::training).toList());
    SweepSpec small =
        Specs.searching(
            new SearchSpec(
                SearchSpec.Method.TPE, 9, 7, Map.of("lora_rank", values("4", "8")), false));
    assertThat(Search.trials(small)).hasSize(2);
    assertThat(Search.proposed(small, Search.trials(small), List.of(), 3)).isEmpty();
  }
}
