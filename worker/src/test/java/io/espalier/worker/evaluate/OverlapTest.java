package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OverlapTest {
  /**
   * BLEU by NLTK 3.10.3's {@code sentence_bleu} with {@code SmoothingFunction().method3}, times
   * 100; ROUGE-L by a plain table of common subsequences; both in Python, on the same tokens.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      emptyValue = "",
      value = {
        "the cat sat on the mat . | the cat is sitting on the mat . | 41.11336169005197 | 0.8",
        "I am Twig, an AI assistant trained by Espalier. | I am Twig, an assistant made by"
            + " Espalier. | 48.95914832758051 | 0.8571428571428571",
        "我是小枝，由Espalier训练的人工智能助手。 | 你好，我是小枝，由Espalier训练的助手。 | 63.30748841488094"
            + " | 0.7878787878787878",
        "6 plus 3 is 9. | 6 plus 3 is 9. | 100 | 1",
        "6 plus 3 is 9. | 9. | 8.047084086794415 | 0.5",
        "blue | blue | 35.35533905932738 | 1",
        "blue | red | 0 | 0",
        "blue | '' | 0 | 0",
        "It is a flower. | It is a flower. It is a flower. It is a flower. | 24.60137257692754 | 0.5"
      })
  void the_numbers_are_those_of_an_independent_implementation(
      String reference, String answer, double bleu4, double rougeL) {
    assertThat(Overlap.bleu4(reference, answer)).isCloseTo(bleu4, within(1e-9));
    assertThat(Overlap.rougeL(reference, answer)).isCloseTo(rougeL, within(1e-12));
  }

  @Test
  void precisions_are_clipped_as_in_the_paper() {
    // Papineni et al. 2002, example 2: "the" is there twice, so 2 of 7 count; no pair is common,
    // so the other orders count as 1/2 of 6, 1/4 of 5, 1/8 of 4; the answer is longer: no penalty.
    double mean = Math.pow(2.0 / 7 * (1.0 / 12) * (1.0 / 20) * (1.0 / 32), 0.25);

    assertThat(Overlap.bleu4("the cat is on the mat", "the the the the the the the"))
        .isCloseTo(100 * mean, within(1e-9));
  }

  @Test
  void ideographs_and_kana_are_tokens_and_so_are_words_numbers_and_signs() {
    assertThat(TextTokens.of("我是Qwen2, a 3.5-B モデル!"))
        .containsExactly("我", "是", "Qwen2", ",", "a", "3", ".", "5", "-", "B", "モ", "デ", "ル", "!");
    assertThat(TextTokens.of(" \n\u3000")).isEmpty();
  }
}
