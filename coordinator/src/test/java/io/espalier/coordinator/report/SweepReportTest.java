package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SweepReportTest {
  private static final ReportPlaces HERE =
      new ReportPlaces("./espalier", Optional.of("models/tiny"), Optional.of("store/it's/adapter"));

  @Test
  void each_metric_has_a_table_of_the_grid_with_marks_for_the_best_the_broken_and_the_ended() {
    assertThat(report(GridViews.sweep()).text())
        .contains(
            """
            eval loss by learning_rate (down) and num_train_epochs (across)

                     3    10
            ────  ────  ────
            1e-4  0.9   0.4*
            1e-2  0.2°    –
            """)
        .contains(
            """
            outcome by learning_rate (down) and num_train_epochs (across)

                  3          10
            ────  ─────────  ──
            1e-4  completed  completed
            1e-2  completed  killed after 30
            """)
        .contains("train loss by", "eval accuracy by", "eval repetition by")
        .contains("Also measured: eval_bleu_4");
  }

  @Test
  void the_best_trial_comes_with_commands_that_can_be_pasted() {
    assertThat(report(GridViews.sweep()).text())
        .contains("Best: trial 1  learning_rate=1e-4  num_train_epochs=10  completed\n")
        .contains(
            "./espalier generate --model models/tiny --adapter 'store/it'\\''s/adapter' --prompt")
        .contains("model = PeftModel.from_pretrained(base, \"store/it's/adapter\")")
        .contains("vllm serve models/tiny --enable-lora --max-lora-rank 8 --lora-modules")
        .doesNotContain("fetch");
  }

  @Test
  void an_adapter_that_is_elsewhere_is_fetched_first() {
    var away = new ReportPlaces("espalier", Optional.empty(), Optional.empty());
    SweepView view = GridViews.sweep();

    assertThat(new SweepReport(view, GridViews.curves(view), away).text())
        .contains("espalier fetch self-cognition-1 1 --adapter ADAPTER");
  }

  @Test
  void one_trial_is_shown_by_its_evaluations_with_the_train_loss_between_them() {
    SweepView view = GridViews.sweep();

    assertThat(report(view).text(view.trials().get(3)))
        .contains(
            """
            epoch  update  learning rate  train loss  eval loss
            ─────  ──────  ─────────────  ──────────  ─────────
                1       2           1e-4           3        1.5
                2       4           1e-4       1.167       0.75
            """)
        .contains("loss is NaN at update 3")
        .containsPattern("trained +30 updates, 3 epochs, 300 rows, 9,000 tokens")
        .contains("instruction set", "data sha256")
        .containsPattern("adam_epsilon +1e-8\n")
        .containsPattern("lora_alpha +32\n");
  }

  @Test
  void points_that_are_no_grid_are_a_list() {
    SweepView drawn =
        Views.sweep(
            List.of(
                GridViews.at(Views.completed(0, 1, 1), "1e-3", "3"),
                GridViews.at(Views.completed(1, 2, 1), "2e-3", "4"),
                GridViews.at(Views.completed(2, 3, 1), "3e-3", "5")));

    assertThat(report(drawn).text()).contains("rank  trial").doesNotContain("(across)");
  }

  @Test
  void a_third_key_makes_a_table_for_each_of_its_values() {
    SweepView view =
        Views.sweep(
            List.of(
                GridViews.at(Views.completed(0, 1, 1), point("1e-3", "3", "1")),
                GridViews.at(Views.completed(1, 2, 1), point("1e-3", "4", "1")),
                GridViews.at(Views.completed(2, 3, 1), point("1e-2", "3", "4")),
                GridViews.at(Views.completed(3, 4, 1), point("1e-2", "4", "4"))));

    assertThat(PivotGrid.of(view.trials()).orElseThrow().blocks())
        .extracting(PivotGrid.Block::caption)
        .containsExactly("per_device_train_batch_size = 1", "per_device_train_batch_size = 4");
  }

  @Test
  void repeats_are_one_cell_with_their_mean_and_standard_deviation() {
    SweepView view =
        Views.sweep(
            List.of(
                GridViews.at(Views.completed(0, 1, 1), seeded("1e-3", "3", "1")),
                GridViews.at(Views.completed(1, 2, 1), seeded("1e-3", "3", "2")),
                GridViews.at(Views.completed(2, 4, 1), seeded("1e-3", "4", "1")),
                GridViews.at(Views.completed(3, 4, 0.5), seeded("1e-3", "4", "2")),
                GridViews.at(Views.completed(4, 3, 1), seeded("1e-2", "3", "1")),
                GridViews.at(Views.killed(5), seeded("1e-2", "3", "2")),
                GridViews.at(Views.killed(6), seeded("1e-2", "4", "1")),
                GridViews.at(Views.killed(7), seeded("1e-2", "4", "2"))));

    assertThat(report(view).text())
        .contains(
            """
            eval loss by learning_rate (down) and num_train_epochs (across)

                            3       4
            ────  ───────────  ──────
            1e-3  1.5 ± 0.71*  4 ± 0°
            1e-2           3†      –†
            """)
        .contains(
            """
            Mean ± standard deviation over seeds, best first:

            learning_rate  num_train_epochs  seeds   train loss  eval loss   retention accuracy
            ─────────────  ────────────────  ──────  ──────────  ──────────  ──────────────────
            1e-3           3                 2       0.5 ± 0     1.5 ± 0.71  1 ± 0
            1e-2           3                 1 of 2  0.5         3           1
            1e-3           4                 2       0.5 ± 0     4 ± 0       0.75 ± 0.35
            1e-2           4                 0 of 2  –           –           –
            """);
    assertThat(new HtmlReport(view, GridViews.curves(view), HERE).html(Optional.empty()))
        .contains("1.5 ± 0.71")
        .contains("<h2>Mean ± standard deviation over seeds</h2>");
  }

  private static Map<String, String> seeded(String rate, String epochs, String seed) {
    var point = new LinkedHashMap<String, String>();
    point.put("learning_rate", rate);
    point.put("num_train_epochs", epochs);
    point.put("seed", seed);
    return point;
  }

  @Test
  void a_sweep_without_trials_has_a_report_too() {
    assertThat(report(Views.sweep(List.of())).text()).startsWith("self-cognition-1: running");
    assertThat(new HtmlReport(Views.sweep(List.of()), none(), HERE).html(Optional.empty()))
        .contains("running");
  }

  private static TrialCurves none() {
    return new TrialCurves(Map.of());
  }

  private static Map<String, String> point(String learningRate, String epochs, String batch) {
    var point = new LinkedHashMap<String, String>();
    point.put("learning_rate", learningRate);
    point.put("num_train_epochs", epochs);
    point.put("per_device_train_batch_size", batch);
    return point;
  }

  private static SweepReport report(SweepView view) {
    return new SweepReport(view, GridViews.curves(view), HERE);
  }
}
