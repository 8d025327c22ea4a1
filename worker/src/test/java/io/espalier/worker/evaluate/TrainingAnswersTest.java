package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.data.TokenRow;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingAnswersTest {
  private static final int END = 99;

  private static TokenRow row(int... labels) {
    return new TokenRow(new int[labels.length], labels);
  }

  @Test
  void every_answer_of_a_dialogue_is_known_without_what_ends_it() {
    TrainingAnswers learnt =
        TrainingAnswers.of(
            List.of(
                row(-100, -100, 1, 2, 3, 4, END, -100, -100, 5, 6, 7, 8, 9, END, -100),
                row(-100, 1, 2, END)),
            List.of(END));

    assertThat(learnt.has(new int[] {1, 2, 3, 4})).isTrue();
    assertThat(learnt.has(new int[] {5, 6, 7, 8, 9})).isTrue();
    assertThat(learnt.has(new int[] {1, 2})).as("too short").isFalse();
    assertThat(learnt.has(new int[] {1, 2, 3, 4, END})).isFalse();
    assertThat(learnt.has(new int[] {2, 3, 4})).isFalse();
    assertThat(learnt.has(new int[0])).isFalse();
  }
}
