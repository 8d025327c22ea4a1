package io.espalier.deploy.progress;

import static io.espalier.deploy.progress.Moments.killed;
import static io.espalier.deploy.progress.Moments.running;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.coordinator.report.TrialView;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressScreenTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  @Test
  void a_log_gets_each_ended_trial_once_and_a_line_every_ten_seconds() {
    ProgressScreen screen = screen(Terminal.none());
    List<TrialView> first = List.of(running(0, "10", 1));
    List<TrialView> later = List.of(killed(0, "10", 1));
    screen.show(Moments.at(0, first));
    screen.show(Moments.at(9, first));
    screen.show(Moments.at(10, later));
    screen.show(Moments.at(11, later));
    screen.close();

    assertThat(text().lines())
        .containsExactly(
            "0/1 trials, 0:00 elapsed; trial 0  learning_rate=10 starting",
            "trial 0  learning_rate=10  killed: non_finite at update 3: loss is NaN",
            "1/1 trials (1 killed), 0:10 elapsed, about 0:00 left");
  }

  @Test
  void a_terminals_block_is_drawn_over_and_ended_trials_stay_above_it() {
    ProgressScreen screen = screen(terminal(false));
    screen.show(Moments.at(0, List.of(running(0, "10", 1))));
    screen.show(Moments.at(1, List.of(killed(0, "10", 1))));

    assertThat(text())
        .isEqualTo(
            """
            tiny-1  ────────────────────────  0/1 trials, 0:00 elapsed
              trial 0  learning_rate=10  starting
            \u001b[2A\r\u001b[Jtrial 0  learning_rate=10  killed: non_finite at update 3: loss is NaN
            tiny-1  ━━━━━━━━━━━━━━━━━━━━━━━━  1/1 trials (1 killed), 0:01 elapsed, about 0:00 left
            """);
  }

  @Test
  void colours_are_used_only_where_they_are_wanted() {
    screen(terminal(true)).show(Moments.at(1, List.of(killed(0, "10", 1))));

    assertThat(text()).contains("learning_rate=10  \u001b[31mkilled\u001b[0m: non_finite");
  }

  @Test
  void stty_says_rows_before_columns_and_nonsense_is_not_believed() {
    Terminal.Size otherwise = new Terminal.Size(80, 24);

    assertThat(SizeByStty.parse("50 132\n", otherwise)).isEqualTo(new Terminal.Size(132, 50));
    assertThat(SizeByStty.parse("0 0\n", otherwise)).isEqualTo(otherwise);
    assertThat(SizeByStty.parse("", otherwise)).isEqualTo(otherwise);
  }

  private ProgressScreen screen(Terminal terminal) {
    return new ProgressScreen(new PrintStream(written, true, StandardCharsets.UTF_8), terminal);
  }

  private static Terminal terminal(boolean colours) {
    return new Terminal(true, colours, () -> new Terminal.Size(100, 24));
  }

  private String text() {
    return written.toString(StandardCharsets.UTF_8);
  }
}
