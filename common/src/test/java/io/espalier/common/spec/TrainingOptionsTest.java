package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The options that users of HuggingFace and ms-swift know, each with its default. */
class TrainingOptionsTest {
  @TempDir Path directory;

  private List<Object> read(String training) {
    SweepSpec spec =
        SpecFolder.at(directory)
            .parse(
                """
                model: model
                dataset: {train: train.jsonl, eval: 0.1}
                training: {%s}
                search: {space: {seed: [1]}}
                """
                    .formatted(training));
    return List.of(spec.training(), spec.taskSettings());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          train_type                  | lora       | full       |
          learning_rate               | 1e-4       | 2e-4       |
          num_train_epochs            | 3          | 2.5        |
          max_steps                   | -1         | 10         |
          per_device_train_batch_size | 1          | 2          |
          gradient_accumulation_steps | 1          | auto       |
          loss_normalisation          | token      | mean_of_means |
          lr_scheduler_type           | cosine     | linear     |
          warmup_ratio                | 0          | 0.05       |
          warmup_steps                | 0          | 4          |
          min_lr                      | 0          | 1e-6       |
          min_lr_rate                 | 0          | 0.1        |
          step_size                   | 0          | 7          | lr_scheduler_type: step
          gamma                       | 0.1        | 0.5        | lr_scheduler_type: step
          decay_ratio                 | 0.1        | 0.2        | lr_scheduler_type: warmup_stable_decay
          decay_type                  | linear     | sqrt       | lr_scheduler_type: warmup_stable_decay
          num_decay_steps             | 0          | 5          | lr_scheduler_type: warmup_stable_decay
          lr_sequence                 | [constant] | [constant 3, linear] | lr_scheduler_type: sequence
          optimizer                   | adamw      | adam       |
          optimizer                   | adamw      | sgd        |
          adam_beta1                  | 0.9        | 0.8        |
          adam_beta2                  | 0.95       | 0.999      |
          adam_epsilon                | 1e-8       | 1e-6       |
          momentum                    | 0          | 0.9        | optimizer: sgd
          weight_decay                | 0.1        | 0          |
          max_grad_norm               | 1.0        | 0          |
          label_smoothing_factor      | 0          | 0.1        |
          lora_rank                   | 8          | 16         |
          lora_alpha                  | 32         | 16         |
          lora_dropout                | 0          | 0.05       |
          target_modules              | all-linear | [q_proj]   |
          rank_pattern                | {}         | {q_proj: 4} |
          alpha_pattern               | {}         | {q_proj: 4} |
          use_rslora                  | false      | true       |
          use_dora                    | false      | true       |
          lorap_lr_ratio              | 1          | 16         |
          layerwise_lr_decay          | 1          | 0.9        |
          max_length                  | 2048       | 512        |
          truncation_strategy         | delete     | left       |
          truncation_strategy         | delete     | right      |
          logging_steps               | 5          | 1          |
          seed                        | 42         | 7          |
          torch_dtype                 | auto       | bfloat16   |
          gradient_checkpointing      | false      | true       |
          save_total_limit            | 2          | 3          | save_steps: 5
          """)
  void an_option_left_out_has_its_default_and_one_given_counts(
      String key, String standard, String other, String beside) {
    String more = beside == null ? "" : ", " + beside;
    assertThat(read(key + ": " + standard + more)).isEqualTo(read(more.replaceFirst(", ", "")));
    assertThat(read(key + ": " + other + more)).isNotEqualTo(read(more.replaceFirst(", ", "")));
  }

  @ParameterizedTest
  @CsvSource({"eval_steps", "save_steps"})
  void an_option_without_a_default_counts_when_it_is_given(String key) {
    assertThat(read(key + ": 5")).isNotEqualTo(read(""));
  }
}
