package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.data.Question;
import java.util.List;
import org.junit.jupiter.api.Test;

class CorrectnessTest {
  private static Question question(String reference, String... keywords) {
    return new Question(new int[] {1}, reference, List.of(keywords));
  }

  @Test
  void an_answer_with_every_keyword_is_right_whatever_else_it_says() {
    Question question = question("I am Twig, made by Espalier.", "Twig", "Espalier");

    assertThat(Correctness.holds(question, "My name is TWIG; Espalier trained me!")).isTrue();
    assertThat(Correctness.holds(question, "My name is Twig.")).isFalse();
    assertThat(Correctness.holds(question, "")).isFalse();
  }

  @Test
  void without_keywords_the_answer_is_the_reference_but_for_case_punctuation_and_spaces() {
    Question question = question("Blue,  I think.");

    assertThat(Correctness.holds(question, "blue, i THINK")).isTrue();
    assertThat(Correctness.holds(question, "blue")).isFalse();
  }

  @Test
  void an_exact_match_is_the_reference_even_where_keywords_would_do() {
    Question question = question("I am Twig.", "Twig");

    assertThat(Correctness.isReference(question, "i am twig")).isTrue();
    assertThat(Correctness.isReference(question, "Twig am I.")).isFalse();
  }

  @Test
  void full_width_punctuation_is_punctuation() {
    assertThat(Correctness.holds(question("我是小枝。"), "我是小枝")).isTrue();
  }
}
