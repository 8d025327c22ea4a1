package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.trial.Training;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecWriterTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        """
        training:
          optimizer: sgd
          momentum: 0.9
          lr_scheduler_type: sequence
          lr_sequence: [constant 100, linear 20%, cosine min_lr_rate=0.1]
          target_modules: [q_proj, v_proj]
          rank_pattern: {k_proj: 4, q_proj: 2}
          alpha_pattern: {v_proj: 0.5}
          use_dora: true
          max_steps: 77
          gradient_accumulation_steps: auto
          torch_dtype: bfloat16
          eval_steps: 4
          save_steps: 8
          save_total_limit: 3
          logging_steps: 2
        guard: {non_finite: off, loss_spike: off, gradient_norm: {action: reduce_lr, factor: 0.3}}
        resources: {slots: 3, micro_batch: 2}
        early_stopping: {patience: 2, min_delta: 0.01}
        evaluation: {metrics: [loss, accuracy, bleu_4], answers: epoch, max_new_tokens: 9}
        """,
        """
        training: {lr_scheduler_type: warmup_stable_decay, decay_type: sqrt, warmup_steps: 3}
        objective: {metric: eval_token_accuracy, at: best}
        guard: off
        reproducible: true
        evaluation: {metrics: [loss, token_accuracy]}
        """
      })
  void a_sweep_of_it_trains_the_same_once_more(String more) {
    SpecFolder folder = SpecFolder.at(directory);
    SweepSpec sweep = folder.parseWith(more);
    Training point = sweep.training();

    String text = SpecWriter.oneTrial(sweep.taskSettings(), point);
    SweepSpec again = folder.parse(text);

    assertThat(again.taskSettings()).as(text).isEqualTo(sweep.taskSettings());
    SearchSpec.Candidates rates = again.search().space().get("learning_rate");
    assertThat(rates).isInstanceOf(SearchSpec.Candidates.Values.class);
    String rate = ((SearchSpec.Candidates.Values) rates).values().get(0);
    assertThat(again.hyperparameters().with(Map.of("learning_rate", rate)).training())
        .as(text)
        .isEqualTo(point);
    assertThat(((SearchSpec.Candidates.Values) rates).values()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train: [train.jsonl, general.jsonl#1], eval: 0.25, shuffle: false, order_by: length",
        "train: train.jsonl#1, eval: [general.jsonl], retention: general.jsonl, data_seed: 7,"
            + " on_bad_sample: skip, system: 'be: kind #1', replace: {NAME: 小枝, A: [甲, A]}"
      })
  void so_it_does_with_the_same_rows(String dataset) {
    SpecFolder folder = SpecFolder.at(directory);
    SweepSpec sweep =
        folder.parse(
            "{model: model, dataset: {%s}, search: {space: {learning_rate: [1e-3]}}}"
                .formatted(dataset));

    String text = SpecWriter.oneTrial(sweep.taskSettings(), sweep.training());

    assertThat(folder.parse(text).taskSettings()).as(text).isEqualTo(sweep.taskSettings());
  }

  @Test
  void a_search_around_a_trial_has_its_values_and_the_others_of_the_trial() {
    SpecFolder folder = SpecFolder.at(directory);
    SweepSpec sweep =
        folder.parseWith(
            """
            training: {lora_rank: 4}
            objective: {metric: eval_loss, constraints: {eval_token_accuracy: ">= 0.25"}}
            evaluation: {metrics: [loss, token_accuracy]}
            """);
    var space = new LinkedHashMap<String, List<String>>();
    space.put("learning_rate", List.of("3e-4", "1e-3"));
    space.put("num_train_epochs", List.of("3", "5"));

    String text =
        SpecWriter.around(
            "next", sweep.taskSettings(), sweep.training(), space, 3, sweep.objective());
    SweepSpec next = folder.parse(text);

    assertThat(next.name()).isEqualTo("next");
    assertThat(next.objective()).as(text).isEqualTo(sweep.objective());
    assertThat(next.taskSettings()).isEqualTo(sweep.taskSettings());
    assertThat(next.training().lora()).isEqualTo(sweep.training().lora());
    assertThat(next.search().space().keySet()).containsExactly("learning_rate", "num_train_epochs");
    assertThat(next.search().size()).isEqualTo(12);
  }
}
