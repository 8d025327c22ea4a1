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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SpecReaderTest {
  @TempDir Path directory;
  private SpecFolder folder;

  @BeforeEach
  void fill() {
    folder = SpecFolder.at(directory);
  }

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
                    rows("train.jsonl"),
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
                rows("train.jsonl"),
                rows("general.jsonl"),
                OptionalDouble.empty(),
                rows("general.jsonl"),
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

  @ParameterizedTest
  @CsvSource({
    "loss, end, eval_loss, MIN",
    "token_accuracy, end, eval_token_accuracy, MAX",
    "accuracy, end, eval_loss, MIN",
    "accuracy, epoch, eval_accuracy, MAX",
    "loop_rate, epoch, eval_loop_rate, MIN"
  })
  void pruning_goes_by_the_objective_where_every_epoch_measures_it(
      String objective, String answers, String metric, Mode mode) {
    var spec =
        folder.parseWith(
            """
            evaluation: {metrics: [loss, %1$s], answers: %2$s}
            objective: {metric: eval_%1$s}
            pruning: {}
            """
                .formatted(objective, answers));
    assertThat(spec.pruning()).contains(PruningSpec.asha(metric, mode, 3, 1));
  }

  @Test
  void guards_and_pruning_can_be_switched_off_as_a_whole() {
    var spec = folder.parseWith("guard: off\npruning: off\n");
    assertThat(spec.guard())
        .isEqualTo(new GuardSpec(false, Optional.empty(), Optional.empty(), Optional.empty()));
    assertThat(spec.pruning()).isEmpty();
  }

  @Test
  void a_rule_without_parameters_has_its_defaults() {
    var spec = folder.parseWith("guard: {gradient_norm: {}}\npruning: {}\n");
    assertThat(spec.guard().gradientNorm()).contains(GuardSpec.GradientNorm.stopping(100));
    assertThat(spec.guard().nonFinite()).isTrue();
    assertThat(spec.pruning()).contains(PruningSpec.asha("eval_loss", Mode.MIN, 3, 1));
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
  void the_table_of_keys_is_complete_and_its_defaults_fit_their_own_types() {
    assertThat(SpecKeys.all()).extracting(SpecKey::path).doesNotHaveDuplicates();
    for (SpecKey key : SpecKeys.all()) {
      assertThat(key.meaning()).as(key.path()).isNotBlank();
      if (!(key.type() instanceof ValueType.Section)) {
        assertThat(key.standard().flatMap(key.type()::problem)).as(key.path()).isEmpty();
      }
      if (!key.section().isEmpty()) {
        assertThat(SpecKeys.find(key.section())).as(key.path()).isPresent();
      }
    }
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

  @Test
  void early_stopping_keeps_the_best_unless_told_otherwise() {
    var spec = folder.parseWith("early_stopping: {patience: 2, min_delta: 0.01}\n");
    assertThat(spec.earlyStopping())
        .contains(new EarlyStoppingSpec("eval_loss", Mode.MIN, 2, 0.01));
    assertThat(spec.best()).contains(new BestSpec("eval_loss", Mode.MIN));

    assertThat(folder.parseWith("early_stopping: {}\nobjective: {at: last}\n").best()).isEmpty();
    assertThat(folder.parseWith("objective: {at: best}\n").best())
        .contains(new BestSpec("eval_loss", Mode.MIN));
  }

  @Test
  void a_gradient_norm_can_lower_the_learning_rate() {
    assertThat(
            folder
                .parseWith("guard: {gradient_norm: {action: reduce_lr, factor: 0.1}}\n")
                .guard()
                .gradientNorm())
        .contains(new GuardSpec.GradientNorm(100, OptionalDouble.of(0.1), 20, 3));
  }

  @Test
  void files_of_rows_may_be_lists_and_samples() throws IOException {
    String yaml =
        SpecFolder.SMALLEST.replaceFirst(
            "train: \\S+",
            "train: [train.jsonl, \"general.jsonl#5\"]\n  system: Be brief.\n  order_by: field:level");
    DatasetSpec dataset = folder.parse(yaml).dataset();
    String general = directory.resolve("general.jsonl").toString();
    assertThat(dataset.train())
        .containsExactly(rows("train.jsonl").get(0), new RowSource(general, OptionalInt.of(5)));
    assertThat(dataset.system()).contains("Be brief.");
    assertThat(dataset.curriculum()).contains(new Curriculum(Optional.of("level")));

    Files.writeString(directory.resolve("lists.yaml"), yaml);
    assertThat(UnreadSpec.load(directory.resolve("lists.yaml")).datasets())
        .contains("train.jsonl", "general.jsonl");
    Path kept = directory.resolve("kept");
    var elsewhere = SpecSources.elsewhere(directory, Map.of("general.jsonl", kept));
    assertThat(SpecReader.parse(yaml, elsewhere, "sweep.yaml").dataset().train().get(1))
        .hasToString(kept + "#5");
  }

  @Test
  void mistakes_in_lists_of_files_are_told_with_their_line() {
    String yaml =
        SpecFolder.SMALLEST.replaceFirst(
            "train: \\S+", "train: [train.jsonl#0, none.jsonl, rows.parquet]\n  order_by: size");
    assertThatThrownBy(() -> folder.parse(yaml))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("train.jsonl#0 asks for an impossible sample; expected path#N")
        .hasMessageContaining("there is no file " + directory.resolve("none.jsonl"))
        .hasMessageContaining("rows.parquet is Parquet; expected JSON rows; write them with")
        .hasMessageContaining("order_by: size has the wrong form; expected length, or field:NAME");
  }

  private List<RowSource> rows(String name) {
    return List.of(RowSource.parse(directory.resolve(name).toString()));
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
