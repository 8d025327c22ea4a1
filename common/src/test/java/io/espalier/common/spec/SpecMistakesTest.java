package io.espalier.common.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecMistakesTest extends SpecsInFolder {
  @Test
  void all_mistakes_are_reported_together_in_the_order_of_their_lines() {
    assertThat(
            folder.problems(
                """
                modell: model
                dataset:
                  train: none.jsonl
                  eval: 1.5
                training:
                  learning_rat: 1e-3
                  lora_rank: eight
                  weight_decay: -1
                  torch_dtype: float16
                  data_seed: 3
                  seed: "42"
                search:
                  method: bayes
                  space:
                    learning_rate: []
                """))
        .satisfiesExactly(
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:1: modell: unknown key; expected a key of a specification; did"
                            + " you mean model?"),
            one -> assertThat(one).startsWith("sweep.yaml:1: model: is missing; expected a path"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:3: dataset.train: there is no file DIR/none.jsonl; expected a file"
                            + " of JSON rows; correct the path"),
            one -> assertThat(one).startsWith("sweep.yaml:4: dataset.eval: 1.5 is no share;"),
            one ->
                assertThat(one)
                    .startsWith("sweep.yaml:6: training.learning_rat: unknown key;")
                    .endsWith("did you mean learning_rate?"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:7: training.lora_rank: eight is not a whole number; expected a"
                            + " whole number from 1 to 65536; the default is 8"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:8: training.weight_decay: -1 is out of range; expected a number"
                            + " from 0 up; the default is 0.1"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:9: training.torch_dtype: float16 is something this version cannot"
                            + " do yet; expected float32 or bfloat16 or auto; choose one of those"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:10: training.data_seed: does not belong here; expected it under"
                            + " dataset; move it there"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:11: training.seed: \"42\" is text in quotes; expected a whole"
                            + " number from 0 up; remove the quotes"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:13: search.method: bayes is something this version cannot do"
                            + " yet; expected grid or random or points or halton or sobol or tpe; choose one of"
                            + " those"),
            one ->
                assertThat(one)
                    .isEqualTo(
                        "sweep.yaml:15: search.space.learning_rate: is an empty list; expected at"
                            + " least one value; add one"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training: {save_total_limit: 3} | training.save_total_limit: limits nothing; expected",
        "training: {eval_steps: 0} | training.eval_steps: 0 is out of range",
        "training: {eval_steps: 5}\\nevaluation: {every: off} | training.eval_steps: has nothing to evaluate; expected a set",
        "training: {optimizer: lion} | training.optimizer: lion is not known",
        "training: {rank_pattern: {q_proj: none}} | none is not a whole number",
        "training: {rank_pattern: [4]} | is a list; expected names of modules with a value each",
        "training: {lr_sequence: [constant 10, cosin]} | has the wrong form; expected one or a list",
        "training: {lr_sequence: [constant 1.2.3%, cosine]} | training.lr_sequence: constant 1.2.3%, cosine has the wrong form",
        "training: {lr_sequence: [constant 99999999999, cosine]} | has the wrong form; expected one or a list",
        "training: {lr_sequence: [constant 10 step_size=99999999999, cosine]} | has the wrong form",
        "training: {lr_sequence: [constant 10, cosine min_lr=1e-e]} | has the wrong form",
        "training: {lr_sequence: [constant, cosine]} | constant has no length",
        "training: {lr_scheduler_type: cosin} | did you mean cosine?",
        "training: {learning_rate: 0} | 0 is out of range; expected a number above 0",
        "training: {learning_rate: .nan} | .nan is not a number",
        "training: {learning_rate: 1e999} | 1e999 is out of range",
        "training: {torch_dtype: float16} | float16 is something this version cannot do yet; expected float32 or bfloat16 or auto",
        "training: {torch_dtype: bfloat16, train_type: full} | training.torch_dtype: bfloat16 is for a frozen base",
        "training: {learning_rate: [1, 2]} | values to try belong under search.space",
        "training: {learning_rate: } | training.learning_rate: has no value; expected a number",
        "training: {lora_rank: 8.5} | 8.5 is not a whole number",
        "training: {lora_rank: 99999999999999999999} | is out of range",
        "training: {target_modules: []} | training.target_modules: is an empty list",
        "training: {target_modules: [q proj]} | q proj has the wrong form",
        "training: off | training: off is one value; expected keys below it",
        "early_stopping: {metric: train_loss} | train_loss is not measured at every epoch; expected one of eval_loss",
        "budget: {max_device_hours: 0} | budget.max_device_hours: 0 ",
        "budget: {max_trials: 1} | search.space: makes 2 trials; expected at most",
        "budget: {max_device_hours: many} | budget.max_device_hours: many is not a number",
        "reproducible: yes | yes is neither true nor false",
        "resources: {slots: 0} | resources.slots: 0 is out of range; expected a whole number",
        "resources: {labels: {a: b}} | resources.labels: this version cannot do this yet",
        "objective: {at: best, metric: train_loss} | train_loss is not measured at every epoch",
        "objective: {metric: retention_loss} | not measured by this sweep; expected one of",
        "objective: {metric: retention_loss} | add dataset.retention",
        "objective: {metric: eval_los} | did you mean eval_loss?",
        "objective: {constraints: {eval_loss: 2}} | 2 is no bound; expected >=, >, <= or <",
        "objective: {constraints: {eval_loss: '>= x'}} | >= x is no bound",
        "objective: {constraints: {eval_loss: '>= x * base'}} | >= x * base is no bound",
        "objective: {constraints: {eval_accuracy: '>= 0.9 * base'}} | is not measured of the base model; expected a number, or the loss or token_accuracy of a set",
        "objective: {constraints: {eval_f1: '> 2'}} | eval_f1 is not measured",
        "evaluation: {metrics: [loss, rouge]} | evaluation.metrics: loss, rouge is not known; expected one or a list",
        "evaluation: {every: off, answers: epoch} | evaluation.answers: epoch needs",
        "evaluation: {metrics: [accuracy]} | objective.metric: eval_loss is not measured",
        "evaluation: {every: off}\\npruning: {} | pruning: has nothing to compare",
        "pruning: {metric: eval_accuracy} | eval_accuracy is not measured at every epoch",
        "pruning: {method: any_of, rules: [{variant: promotion}, {method: patient}]} | promotion decides who goes on, which is for one rule alone",
        "pruning: {patience: 2} | pruning.patience: counts for nothing with method asha",
        "pruning: {method: median, variant: ray} | pruning.variant: ray is no variant of median",
        "pruning: {method: threshold} | threshold has no bounds to go by",
        "pruning: {method: threshold, lower: 2, upper: 1} | threshold has no bounds to go by",
        "pruning: {reduction_factor: 1} | 1 is out of range; expected a whole number from 2",
        "guard: {loss_spik: {}} | did you mean loss_spike?",
        "guard: {gradient_norm: {action: reduce_lr, factor: 1}} | guard.gradient_norm.factor: 1 is out of range",
        "guard: {non_finite: {at: 3}} | guard.non_finite.at: does not belong here",
        "name: a/b | name: a/b has the wrong form",
        "name: x\\nname: y | name: is there twice, first on line 8",
      })
  void a_mistake_says_what_to_do(String more, String message) {
    assertThat(folder.problemsWith(more.replace("\\n", "\n") + "\n").toString()).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "learning_rate: 1e-3 | is no set of values",
        "learning_rate: [1e-3, 0.001] | holds 1e-3 twice",
        "learning_rate: [1e-3, -1] | -1 is out of range",
        "learning_rate: {log_uniform: [1e-5, 1e-3]} | a grid expects a list",
        "torch_dtype: [float16] | float16 is something this version cannot do yet",
        "eval_steps: [10, 20] | this version cannot search it yet",
        "max_length: [10, 20] | this version cannot search it yet",
        "learning_rates: [1] | did you mean learning_rate?",
        "train_type: [lora, full]\\n    torch_dtype: [auto, bfloat16] | search.space: bfloat16 is for a frozen base",
        "name: [a, b] | cannot be searched",
      })
  void a_mistake_in_the_space_of_a_grid_says_what_to_do(String key, String message) {
    String keys = key.replace("\\n", "\n");
    assertThat(folder.problems(spec("method: grid", keys)).toString()).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "learning_rate: {log_uniform: [1e-3, 1e-5]} | 1e-3 is not below 1e-5",
        "learning_rate: {log_uniform: [0, 1e-5]} | 0 is out of range",
        "weight_decay: {log_uniform: [0, 1]} | a logarithm needs more",
        "learning_rate: {log_uniform: [1e-3]} | expected two bounds [low, high]",
        "learning_rate: {loguniform: [1e-5, 1e-3]} | did you mean log_uniform?",
        "learning_rate: {log_uniform: [a, b]} | a is not a number",
        "lora_rank: {uniform: [1, 8]} | draws fractions for a whole number",
        "lr_scheduler_type: {uniform: [1, 8]} | the key takes words",
        "learning_rate: {} | is no set of values",
        "learning_rate: {choice: []} | is an empty list",
      })
  void a_mistake_in_a_range_says_what_to_do(String key, String message) {
    assertThat(folder.problems(spec("method: random\n  trials: 3", key)).toString())
        .contains(message);
  }

  @Test
  void random_search_must_know_how_many() {
    assertThat(folder.problems(spec("method: random", "learning_rate: [1, 2]")))
        .containsExactly(
            "sweep.yaml:4: search.trials: is missing; expected how many trials random search draws;"
                + " add it");
  }

  private static String searching(String search) {
    return "model: model\ndataset: {train: train.jsonl}\nsearch: {%s}\n".formatted(search);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method: points | search.points: is missing; expected a list of points",
        "method: points, points: [1e-3] | search.points[0]: is no point; expected {key: value, ...}",
        "method: points, points: [{lora_rnk: 4}] | search.points[0].lora_rnk: cannot be searched",
        "method: points, points: [{lora_rank: x}] | search.points[0].lora_rank: x is not a whole number",
        "method: points, points: [{seed: 1}], space: {seed: [1]} | search.space: is not for search.method: points",
        "points: [{seed: 1}], space: {seed: [1]} | search.points: is not for search.method: grid",
        "constraints: seed < 3, space: {seed: [1]} | search.constraints: is no list of expressions",
        "constraints: [sed < 3], space: {seed: [1]} | sed is no key of training nor effective_batch; did you mean seed?",
        "constraints: [seed + 3], space: {seed: [1]} | seed + 3: is 45, neither true nor false",
        "constraints: [seed < (3], space: {seed: [1]} | seed < (3:",
        "constraints: ['RANDOM() < 1'], space: {seed: [1]} | Undefined function 'RANDOM'",
        "space: {momentum: {choice: [0.9], when: {optimizer: sgd}}, optimizer: [sgd]} | search.space.momentum.when.optimizer: is not searched before this key",
        "space: {optimizer: [sgd], momentum: {choice: [0.9], when: sgd}} | search.space.momentum.when: is no condition",
        "space: {optimizer: [sgd], momentum: {when: {optimizer: sgd}}} | search.space.momentum: is no set of values",
      })
  void a_mistake_in_what_points_must_be_like_says_what_to_do(String search, String message) {
    assertThat(folder.problems(searching(search)).toString()).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "method: any_of | pruning.rules: is no list of rules",
        "rules: [{method: asha}] | pruning.rules: counts for nothing with method asha",
        "method: any_of, rules: [asha] | pruning.rules: holds what is no rule",
        "method: all_of, rules: [{method: asha, metric: eval_loss}] | pruning.metric: is that of all rules",
        "method: any_of, rules: [{method: asha, compare: all}] | pruning.compare: is that of all rules",
        "method: patient, compare: all | pruning.compare: counts for nothing with method patient",
        "compare: alll | did you mean all?",
        "method: all_of, rules: [{method: patient, keep: 0.5}] | pruning.keep: counts for nothing with method patient",
        "method: all_of, rules: [{method: patent}] | did you mean patient?",
      })
  void a_mistake_in_rules_of_several_says_what_to_do(String pruning, String message) {
    assertThat(
            folder.problems(SpecFolder.SMALLEST + "pruning: {%s}\n".formatted(pruning)).toString())
        .contains(message);
  }

  @Test
  void guards_that_nothing_is_measured_for_are_refused() {
    assertThat(
            folder
                .problems(
                    SpecFolder.SMALLEST.replace("  eval: 0.1\n", "")
                        + "guard: {overfit: {}}\nobjective: {metric: train_loss, mode: min}\n")
                .toString())
        .contains("guard.overfit: goes by eval_loss; nothing is measured at every epoch");
    assertThat(folder.problemsWith("guard: {looping: {}}\n").toString())
        .contains("guard.looping: goes by answers; expected repetition, loop_rate or copied_rate");
  }

  @Test
  void an_empty_space_is_refused() {
    assertThat(folder.problems(spec("method: grid", "").replace("space:", "space: {}")).toString())
        .contains("search.space: is empty; expected at least one key of training");
  }

  @Test
  void a_model_directory_without_a_config_is_refused() {
    assertThat(folder.problems(SpecFolder.SMALLEST.replace("model: model", "model: .")))
        .containsExactly(
            "sweep.yaml:1: model: DIR has no config.json; expected a HuggingFace model directory;"
                + " correct the path");
    assertThat(
            folder.problems(SpecFolder.SMALLEST.replace("model: model", "model: ./Qwen/Qwen2.5")))
        .containsExactly(
            "sweep.yaml:1: model: there is no directory DIR/Qwen/Qwen2.5; expected a HuggingFace"
                + " model directory or a name such as Qwen/Qwen2.5-0.5B; correct the path");
  }

  @Test
  void broken_yaml_names_its_line() {
    assertThat(folder.problems("model: model\ndataset:\n  train: a\n bad: [\n").get(0))
        .startsWith("sweep.yaml:4: is not YAML:");
    assertThat(folder.problems("model: \tx: y\n").get(0)).startsWith("sweep.yaml:1: is not YAML:");
    assertThat(folder.problems("model: a\u0000b\n").get(0))
        .startsWith("sweep.yaml:1: holds the control character U+0000");
    assertThat(folder.problems("").get(0)).startsWith("sweep.yaml:1: holds no keys");
    assertThat(folder.problems("- a\n- b\n").get(0)).startsWith("sweep.yaml:1: holds no keys");
    assertThat(folder.problems("a: 1\n---\nb: 2\n").get(0)).contains("is not YAML");
  }

  @Test
  void hostile_yaml_ends_in_a_message() {
    var bomb = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 30; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    assertThat(folder.problems(bomb.toString())).isNotEmpty();
    assertThat(folder.problems("a: " + "[".repeat(200_000)).get(0)).contains("sweep.yaml");
    assertThat(folder.problems("a: &a [*a]\nname: [*a]\n")).isNotEmpty();
    assertThat(folder.problems("? [a, b]\n: c\n").toString()).contains("has a key that is no word");
    List<String> many = folder.problems("k".repeat(5_000) + ": 1\n");
    assertThat(many).allSatisfy(line -> assertThat(line).hasSizeLessThan(1_000));
  }

  @Test
  void endless_mistakes_are_cut_short() {
    var spec = new StringBuilder(SpecFolder.SMALLEST);
    for (int i = 0; i < 500; i++) {
      spec.append("k").append(i).append("zzzzz: 1\n");
    }
    assertThat(folder.problems(spec.toString())).hasSize(51).last().isEqualTo("… and 450 more");
  }

  private static String spec(String search, String key) {
    return """
        model: model
        dataset:
          train: train.jsonl
        search:
          %s
          space:
            %s
        """
        .formatted(search, key);
  }

  @Test
  void an_adapter_to_start_from_must_be_there_and_be_trained() {
    assertThat(folder.problemsWith("training: {init_adapter: gone, train_type: full}\n"))
        .satisfiesExactlyInAnyOrder(
            one ->
                assertThat(one)
                    .contains("training.init_adapter: DIR/gone has no adapter_config.json"),
            one -> assertThat(one).contains("there is no adapter in training.train_type: full"));
  }
}
