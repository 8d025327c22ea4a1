package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.data.Question;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextMetricsTest {
  private static Question question(String reference, String... keywords) {
    return new Question(new int[] {1}, reference, List.of(keywords));
  }

  @Test
  void an_answer_with_every_keyword_is_right_whatever_else_it_says() {
    Question question = question("I am Twig, made by Espalier.", "Twig", "Espalier");

    assertThat(TextMetrics.right(question, "My name is TWIG; Espalier trained me!")).isTrue();
    assertThat(TextMetrics.right(question, "My name is Twig.")).isFalse();
    assertThat(TextMetrics.right(question, "")).isFalse();
  }

  @Test
  void without_keywords_the_answer_is_the_reference_but_for_case_punctuation_and_spaces() {
    Question question = question("Blue,  I think.");

    assertThat(TextMetrics.right(question, "blue, i THINK")).isTrue();
    assertThat(TextMetrics.right(question, "blue")).isFalse();
  }

  @Test
  void full_width_punctuation_is_punctuation() {
    assertThat(TextMetrics.right(question("我是小枝。"), "我是小枝")).isTrue();
  }

  @Test
  void repetition_is_the_share_of_four_grams_seen_before() {
    assertThat(TextMetrics.repetition(new int[] {1, 2, 3, 4, 5})).isZero();
    assertThat(TextMetrics.repetition(new int[] {7, 7, 7, 7, 7, 7}))
        .isCloseTo(2 / 3.0, within(1e-12));
    assertThat(TextMetrics.repetition(new int[] {1, 2, 1, 2, 1, 2, 1}))
        .isCloseTo(0.5, within(1e-12));
  }

  @Test
  void an_answer_too_short_for_a_four_gram_repeats_nothing() {
    assertThat(TextMetrics.repetition(new int[] {1, 1, 1})).isZero();
  }
}
