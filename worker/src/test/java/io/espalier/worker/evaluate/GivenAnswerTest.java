package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.common.spec.EvaluationSpec.Metric;
import io.espalier.worker.data.Question;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GivenAnswerTest {
  /** One is right, one loops until it is cut off and states a number nobody gave it. */
  private static final List<GivenAnswer> ANSWERS =
      List.of(
          new GivenAnswer(
              new Question(new int[] {1}, "I am Twig of Espalier", List.of("Twig")),
              "Who are you?",
              new int[] {1, 2, 3, 4, 5},
              "I am Twig of Espalier",
              false,
              true),
          new GivenAnswer(
              new Question(new int[] {1}, "6 plus 3 is 9.", List.of()),
              "What is 6 plus 3?",
              new int[] {7, 8, 7, 8, 7, 8},
              "7 is 7 is 7 is",
              true,
              true));

  @ParameterizedTest
  @CsvSource({
    "ACCURACY, 0.5",
    "EXACT_MATCH, 0.5",
    // The second: no pair in common; 1/6 × (1/2)/5 × (1/4)/4 × (1/8)/3 to the fourth root, 8.117 %;
    // as long as its reference.
    "BLEU_4, 54.0583489",
    // The second: "is" of 6 and 6.
    "ROUGE_L, 0.58333333",
    // The second: one of three 4-grams is a repetition.
    "REPETITION, 0.16666667",
    // I am Twig of Espalier, 7 is: 7 of 11. Pairs: 4 and two of five: 6 of 9.
    "DISTINCT_1, 0.63636364",
    "DISTINCT_2, 0.66666667",
    "UNSUPPORTED_RATE, 0.5",
    "LENGTH_LIMIT_RATE, 0.5",
    "LOOP_RATE, 0.5",
    // The first is its own reference too.
    "COPIED_RATE, 0.5"
  })
  void each_metric_is_measured_over_all_answers(Metric metric, double value) {
    assertThat(GivenAnswer.measure(metric, ANSWERS)).isCloseTo(value, within(1e-4));
  }

  @Test
  void no_metric_of_answers_is_forgotten() {
    for (Metric metric : Metric.values()) {
      if (metric.ofAnswers()) {
        assertThat(GivenAnswer.measure(metric, ANSWERS)).isBetween(0.0, 100.0);
      }
    }
  }
}
