package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.trial.Lora;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SearchSectionTest extends SpecsInFolder {
  @Test
  void the_space_keeps_the_order_and_the_text_of_the_file() {
    var spec =
        folder.parse(
            SpecFolder.SMALLEST
                + """
                      num_train_epochs: [3, 1]
                      adam_beta1: [0.90]
                  """);
    assertThat(spec.search().space().keySet())
        .containsExactly("learning_rate", "num_train_epochs", "adam_beta1");
    assertThat(spec.search().space().get("adam_beta1"))
        .isEqualTo(new Candidates.Values(List.of("0.90")));
  }

  @Test
  void the_modules_that_any_trial_names_are_known_before_there_are_trials() {
    var spec =
        folder.parse(
            """
            model: model
            dataset: {train: train.jsonl}
            training: {alpha_pattern: {k_proj: 16}}
            search:
              space:
                target_modules: [q_proj, "v_proj, k_proj"]
                rank_pattern: ["q_proj: 4", "v_proj: 2"]
            """);
    Lora lora = spec.trainingOfAllNames().lora();
    assertThat(lora.targetModules()).containsExactly("all-linear", "q_proj", "v_proj", "k_proj");
    assertThat(lora.rankPattern()).containsOnlyKeys("q_proj", "v_proj");
    assertThat(lora.alphaPattern()).containsOnlyKeys("k_proj");
    assertThat(folder.parseWith("").trainingOfAllNames())
        .isEqualTo(folder.parseWith("").training());
  }

  @Test
  void points_conditions_constraints_and_scaling_are_read() {
    SearchSpec points =
        folder
            .parse(
                """
                model: model
                dataset: {train: train.jsonl}
                search: {method: points, points: [{learning_rate: 1e-3, lora_rank: 4}, {}]}
                """)
            .search();
    assertThat(points.points())
        .containsExactly(Map.of("learning_rate", "1e-3", "lora_rank", "4"), Map.of());

    SearchSpec grid =
        folder
            .parse(
                """
                model: model
                dataset: {train: train.jsonl}
                search:
                  space:
                    optimizer: [sgd, adamw]
                    momentum: {choice: [0, 0.9], when: {optimizer: sgd}}
                  constraints: ["learning_rate <= 0.1", "use_dora || lora_rank >= 2"]
                  scale_learning_rate_with: batch
                  scale_rule: linear
                """)
            .search();
    assertThat(grid.conditions())
        .isEqualTo(Map.of("momentum", new SearchSpec.Condition("optimizer", List.of("sgd"))));
    assertThat(grid.constraints())
        .containsExactly(
            new PointRule("learning_rate <= 0.1"), new PointRule("use_dora || lora_rank >= 2"));
    assertThat(grid.rateScaling()).contains(SearchSpec.RateScaling.LINEAR);
    assertThat(grid.exact()).isFalse();
  }
}
