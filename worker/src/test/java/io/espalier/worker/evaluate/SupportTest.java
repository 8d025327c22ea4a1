package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SupportTest {
  private static final String QUESTION = "Who wrote 《红楼梦》 with its 1,200 pages in 12 volumes?";
  private static final String REFERENCE = "Cao Xueqin, also called \"Mengruan\".";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Cao Xueqin.",
        "The 1200 pages in 12.0 volumes are by “mengruan”.",
        "『红楼梦』有１２册。",
        "It doesn't matter, it's 'his'.",
        ""
      })
  void what_stands_in_question_or_reference_is_supported(String answer) {
    assertThat(Support.isMissing(QUESTION, REFERENCE, answer)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "In 1791.",
        "It has 120 pages.",
        "It has 2 volumes.",
        "By \"Gao E\".",
        "他写了《西游记》。",
        "「石头记」"
      })
  void another_number_or_quoted_name_is_not(String answer) {
    assertThat(Support.isMissing(QUESTION, REFERENCE, answer)).isTrue();
  }

  @Test
  void names_without_quotation_marks_are_not_looked_at() {
    assertThat(Support.isMissing(QUESTION, REFERENCE, "Wu Cheng'en did.")).isFalse();
  }
}
