package io.espalier.coordinator.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.Numbers;
import io.espalier.coordinator.report.TextTable.Column;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SweepTableTest {

  @Test
  void the_table_shows_the_best_first_and_why_the_others_ended() {
    var view =
        Views.sweep(
            List.of(
                Views.completed(0, 0.2041, 0.0),
                Views.killed(1),
                Views.completed(2, 0.23, 0.71),
                Views.failed(3),
                Views.open(4)));
    assertThat(SweepTable.text(view))
        .isEqualTo(
            """
            self-cognition-1: running; 5 trials, best first by eval_loss (min), retention_accuracy >= 0.6

            rank  trial  learning_rate  train loss  eval loss  retention accuracy  outcome    reason
            ────  ─────  ─────────────  ──────────  ─────────  ──────────────────  ─────────  ──────
               1      2  1e-3                  0.5       0.23                0.71  completed
               2      0  1e-3                  0.5     0.2041                   0  completed  retention_accuracy 0 is not >= 0.6
               –      1  1e-3                    9          –                   –  killed     loss is NaN at update 3
               –      3  1e-3                    –          –                   –  failed     lost
               –      4  1e-3                    –          –                   –  waiting
            """);
  }

  @Test
  void wide_characters_take_two_columns_and_control_characters_none_of_their_effects() {
    var table =
        new TextTable(
            List.of(Column.left("名"), Column.right("n")),
            List.of(List.of("小枝", "1"), List.of("e\u0301t\u001b[31me", "22")));
    assertThat(table.text().lines().map(TextTable::width).collect(Collectors.toSet())).hasSize(1);
    assertThat(table.text()).doesNotContain("\u001b");
  }

  @Test
  void on_a_terminal_long_reasons_are_cut_to_its_width_but_not_below_their_heading() {
    var view = Views.sweep(List.of(Views.killed(0), Views.failed(1)));

    String cut = SweepTable.text(view, OptionalInt.of(94));

    assertThat(cut).contains("loss is NaN a…").doesNotContain("update 3");
    assertThat(cut.lines().skip(2).mapToInt(TextTable::width).max()).hasValue(94);
    assertThat(SweepTable.text(view, OptionalInt.of(1))).contains("reason", "loss …");
    assertThat(TextTable.cut("小枝小枝", 5)).isEqualTo("小枝…");
  }

  @Test
  void numbers_have_four_digits() {
    assertThat(
            List.of(
                Numbers.text(0.20412345),
                Numbers.text(12345.678),
                Numbers.text(5e-5),
                Numbers.text(1e-4),
                Numbers.text(-0.0),
                Numbers.text(1.25e12),
                Numbers.text(Double.NaN),
                Numbers.text(Double.NEGATIVE_INFINITY)))
        .containsExactly("0.2041", "12350", "5e-5", "1e-4", "0", "1.25e12", "NaN", "-∞");
  }
}
