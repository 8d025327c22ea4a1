package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.common.spec.ObjectiveSpec.Mode;
import io.espalier.common.spec.SearchSpec.Candidates;
import io.espalier.common.trial.InitAdapter;
import io.espalier.common.trial.Lora;
import io.espalier.common.trial.Optimizer;
import io.espalier.common.trial.Scheduler;
import io.espalier.common.trial.Training;
import io.espalier.common.trial.Warmup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpecReaderTest extends SpecsInFolder {
  @Test
  void the_smallest_spec_gets_every_default() {
    var spec = folder.parse(SpecFolder.SMALLEST);
    assertThat(spec.training())
        .isEqualTo(
            new Training(
                Training.TrainType.LORA,
                1e-4,
                3,
                OptionalInt.empty(),
                1,
                1,
                Training.LossNormalisation.TOKEN,
                new Scheduler.Cosine(Warmup.NONE, Scheduler.Floor.ZERO),
                new Optimizer.AdamW(0.9, 0.95, 1e-8, 0.1),
                1.0,
                0,
                Lora.plain(8, 32, 0, List.of("all-linear")),
                1,
                2048,
                Training.TruncationStrategy.DELETE,
                42,
                Optional.empty(),
                Optional.of(Training.TorchDtype.AUTO),
                false));
    assertThat(spec)
        .isEqualTo(
            new SweepSpec(
                "sweep",
                directory.resolve("model"),
                new DatasetSpec(
                    folder.rows("train.jsonl"),
                    List.of(),
                    OptionalDouble.of(0.1),
                    List.of(),
                    Optional.empty(),
                    Map.of(),
                    true,
                    Optional.empty(),
                    42,
                    false),
                spec.hyperparameters(),
                new SearchSpec(
                    SearchSpec.Method.GRID,
                    1,
                    42,
                    Map.of("learning_rate", new Candidates.Values(List.of("1e-3", "1e-4"))),
                    false),
                new ObjectiveSpec("eval_loss", ObjectiveSpec.Mode.MIN, List.of()),
                new EvaluationSpec(
                    true, Set.of(Metric.LOSS, Metric.ACCURACY, Metric.REPETITION), false, 64),
                Optional.empty(),
                new GuardSpec(
                    true,
                    Optional.of(new GuardSpec.LossSpike(2, 100, 5)),
                    Optional.of(new GuardSpec.Collapse(0.9, 10, 5)),
                    Optional.empty(),
                    Optional.of(new GuardSpec.Divergence(1.5, 20, 10)),
                    Optional.of(new GuardSpec.LossCeiling(10, 0.5, 100, 200)),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.of(new GuardSpec.VanishingGradient(0.7, 0.15, 5))),
                Optional.empty(),
                Optional.empty(),
                new StepsSpec(
                    OptionalInt.empty(),
                    false,
                    OptionalInt.empty(),
                    2,
                    Optional.of(new BestSpec("eval_loss", ObjectiveSpec.Mode.MIN)),
                    OptionalInt.of(5)),
                true,
                2,
                new BudgetSpec(1000, Optional.empty()),
                PassSpec.FREE));
  }

  @Test
  void every_key_can_be_set_to_something_else() {
    var spec =
        folder.parse(
            """
            name: full.one
            model: ./model
            dataset:
              train: train.jsonl
              eval: general.jsonl
              retention: general.jsonl
              replace: {NAME: 小枝, AUTHOR: [作者, Espalier]}
              shuffle: false
              data_seed: 7
              on_bad_sample: skip
            training:
              train_type: full
              learning_rate: 10
              num_train_epochs: 0.5
              max_steps: 30
              per_device_train_batch_size: 4
              gradient_accumulation_steps: auto
              loss_normalisation: mean_of_means
              lr_scheduler_type: constant_with_warmup
              warmup_ratio: 0.05
              warmup_steps: 3
              optimizer: adamw
              adam_beta1: 0.8
              adam_beta2: 0.99
              adam_epsilon: 1.0e-6
              weight_decay: 0
              max_grad_norm: 0
              label_smoothing_factor: .1
              lora_rank: 4
              lora_alpha: 16
              lora_dropout: 0.0
              target_modules: [q_proj, v_proj]
              max_length: 128
              truncation_strategy: right
              seed: 1
            search:
              method: random
              trials: 20
              seed: 8
              repeats: 1
              space:
                learning_rate: {log_uniform: [1e-5, 1e-3]}
                weight_decay: {uniform: [0, 1]}
                lora_rank: {int: [4, 16]}
                per_device_train_batch_size: {choice: [1, 4]}
            objective:
              metric: retention_accuracy
              at: last
              constraints: {eval_loss: "< 2", retention_accuracy: ">=0.6"}
            evaluation:
              {every: epoch, answers: epoch, at_end: true, metrics: [loss, accuracy], max_new_tokens: 8}
            pruning: {method: asha, metric: eval_accuracy, reduction_factor: 2, min_resource: 3}
            guard:
              non_finite: off
              loss_spike: {factor: 3, window: 50, patience: 2}
              collapse: off
              gradient_norm: {ceiling: 50, action: stop}
            resources: {keep_checkpoints: 3, share: false, slots: auto, micro_batch: auto, labels: {}}
            budget: {max_trials: 20, max_device_hours: 1.5}
            reproducible: false
            """);
    assertThat(spec.name()).isEqualTo("full.one");
    assertThat(spec.dataset())
        .isEqualTo(
            new DatasetSpec(
                folder.rows("train.jsonl"),
                folder.rows("general.jsonl"),
                OptionalDouble.empty(),
                folder.rows("general.jsonl"),
                Optional.empty(),
                Map.of("NAME", List.of("小枝"), "AUTHOR", List.of("作者", "Espalier")),
                false,
                Optional.empty(),
                7,
                true));
    assertThat(spec.training())
        .isEqualTo(
            new Training(
                Training.TrainType.FULL,
                10,
                0.5,
                OptionalInt.of(30),
                4,
                4,
                Training.LossNormalisation.MEAN_OF_MEANS,
                new Scheduler.ConstantWithWarmup(new Warmup(0.05, OptionalInt.of(3), 0)),
                new Optimizer.AdamW(0.8, 0.99, 1e-6, 0),
                0,
                0.1,
                Lora.plain(4, 16, 0, List.of("q_proj", "v_proj")),
                1,
                128,
                Training.TruncationStrategy.RIGHT,
                1,
                Optional.empty(),
                Optional.empty(),
                false));
    assertThat(spec.search())
        .isEqualTo(
            new SearchSpec(
                SearchSpec.Method.RANDOM,
                20,
                8,
                Map.of(
                    "learning_rate", new Candidates.LogUniform(1e-5, 1e-3),
                    "weight_decay", new Candidates.Uniform(0, 1),
                    "lora_rank", new Candidates.IntRange(4, 16),
                    "per_device_train_batch_size", new Candidates.Values(List.of("1", "4"))),
                true));
    assertThat(spec.objective())
        .isEqualTo(
            new ObjectiveSpec(
                "retention_accuracy",
                ObjectiveSpec.Mode.MAX,
                List.of(
                    new ObjectiveSpec.Constraint("eval_loss", ObjectiveSpec.Comparison.BELOW, 2),
                    new ObjectiveSpec.Constraint(
                        "retention_accuracy", ObjectiveSpec.Comparison.AT_LEAST, 0.6))));
    assertThat(spec.evaluation())
        .isEqualTo(new EvaluationSpec(true, Set.of(Metric.LOSS, Metric.ACCURACY), true, 8));
    assertThat(spec.pruning())
        .contains(
            new PruningSpec(
                "eval_accuracy",
                Mode.MAX,
                new PruningRule.Asha(2, 3),
                PruningSpec.Unit.EPOCHS,
                PruningSpec.Compare.ALIKE,
                spec.objective().constraints()));
    assertThat(spec.guard())
        .isEqualTo(
            new GuardSpec(
                false,
                Optional.of(new GuardSpec.LossSpike(3, 50, 2)),
                Optional.empty(),
                Optional.of(GuardSpec.GradientNorm.stopping(50)),
                Optional.of(new GuardSpec.Divergence(1.5, 20, 10)),
                Optional.of(new GuardSpec.LossCeiling(10, 0.5, 100, 200)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(new GuardSpec.VanishingGradient(0.7, 0.15, 5))));
    assertThat(spec.share()).isFalse();
    assertThat(spec.budget()).isEqualTo(new BudgetSpec(20, Optional.of(Duration.ofMinutes(90))));
    assertThat(spec.keptCheckpoints()).isEqualTo(3);
  }

  @Test
  void a_bound_may_be_a_multiple_of_the_base_models() {
    SweepSpec spec =
        folder.parseWith(
            "objective: {metric: eval_loss, constraints: {eval_loss: '< 0.9*base'}}\n");

    assertThat(spec.objective().constraints())
        .containsExactly(
            new ObjectiveSpec.Constraint("eval_loss", ObjectiveSpec.Comparison.BELOW, 0.9, true));
  }

  @Test
  void without_an_eval_set_the_train_loss_ranks() {
    var spec = folder.parse(SpecFolder.SMALLEST.replace("eval: 0.1", "shuffle: true"));
    assertThat(spec.objective().metric()).isEqualTo("train_loss");
  }

  @ParameterizedTest
  @EnumSource(Metric.class)
  void any_metric_can_rank_the_trials_in_its_own_direction(Metric metric) {
    var spec =
        folder.parseWith(
            "evaluation: {metrics: [%1$s]}\nobjective: {metric: eval_%1$s}\n"
                .formatted(metric.word()));
    assertThat(spec.objective())
        .isEqualTo(new ObjectiveSpec("eval_" + metric.word(), metric.better(), List.of()));
  }

  @Test
  void a_spec_is_read_from_a_file_and_named_after_it() throws IOException {
    Path file = Files.writeString(directory.resolve("my first.yaml"), SpecFolder.SMALLEST);
    var spec = SpecReader.read(file);
    assertThat(spec.name()).isEqualTo("my-first");
    assertThat(spec.model()).isEqualTo(directory.resolve("model"));
  }

  @Test
  void a_models_name_is_left_to_the_workers_to_find() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("named.yaml"),
            SpecFolder.SMALLEST.replace("model: model", "model: Qwen/Qwen2.5-0.5B"));
    assertThat(SpecReader.read(file).taskSettings().model()).isEqualTo("Qwen/Qwen2.5-0.5B");
  }

  @Test
  void a_missing_a_huge_and_a_binary_file_are_refused() throws IOException {
    assertThatThrownBy(() -> SpecReader.read(directory.resolve("none.yaml")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("none.yaml: no such file");
    Path huge = Files.writeString(directory.resolve("huge.yaml"), "#".repeat((1 << 20) + 1));
    assertThatThrownBy(() -> SpecReader.read(huge))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("1,048,577 bytes; expected at most 1,048,576");
    Path binary = Files.write(directory.resolve("binary.yaml"), new byte[] {(byte) 0xff, 0, 1});
    assertThatThrownBy(() -> SpecReader.read(binary))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void an_adapter_to_start_from_says_what_the_spec_leaves_out() throws IOException {
    Path adapter = Files.createDirectories(directory.resolve("before"));
    Files.writeString(adapter.resolve("adapter_config.json"), "{}");
    Training training =
        folder.parseWith("training: {init_adapter: before, lora_rank: 4}\n").training();

    assertThat(training.initAdapter())
        .contains(new InitAdapter(adapter.toString(), Set.of("lora_rank")));
    assertThat(Hyperparameters.of(training).training()).isEqualTo(training);
    assertThat(Hyperparameters.of(training).texts())
        .containsEntry("lora_rank", "4")
        .doesNotContainKey("lora_alpha");
  }
}
