package io.espalier.worker.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RepetitionTest {
  @Test
  void seq_rep_4_is_the_share_of_four_grams_seen_before() {
    assertThat(Repetition.seqRep4(new int[] {1, 2, 3, 4, 5})).isZero();
    assertThat(Repetition.seqRep4(new int[] {7, 7, 7, 7, 7, 7})).isCloseTo(2 / 3.0, within(1e-12));
    assertThat(Repetition.seqRep4(new int[] {1, 2, 1, 2, 1, 2, 1})).isCloseTo(0.5, within(1e-12));
  }

  @Test
  void an_answer_too_short_for_a_four_gram_repeats_nothing() {
    assertThat(Repetition.seqRep4(new int[] {1, 1, 1})).isZero();
    assertThat(Repetition.seqRep4(new int[0])).isZero();
  }

  @Test
  void distinct_counts_over_all_answers_together() {
    List<String> answers = List.of("a b a b", "a b c");

    // Tokens a b a b a b c: 3 of 7; pairs ab ba ab, ab bc: 3 of 5, none across answers.
    assertThat(Repetition.distinct(1, answers)).isCloseTo(3 / 7.0, within(1e-12));
    assertThat(Repetition.distinct(2, answers)).isCloseTo(3 / 5.0, within(1e-12));
  }

  @Test
  void who_says_nothing_says_nothing_distinct() {
    assertThat(Repetition.distinct(2, List.of("", "one"))).isZero();
  }

  @Test
  void a_loop_is_a_phrase_of_two_tokens_or_more_three_times_at_the_end() {
    assertThat(Repetition.endsInLoop(new int[] {9, 1, 2, 1, 2, 1, 2})).isTrue();
    assertThat(Repetition.endsInLoop(new int[] {9, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1})).isTrue();
    assertThat(Repetition.endsInLoop(new int[] {5, 5, 5, 5, 5, 5})).isTrue();
    assertThat(Repetition.endsInLoop(new int[] {1, 2, 1, 2, 1, 2, 9})).isFalse();
    assertThat(Repetition.endsInLoop(new int[] {1, 2, 1, 2})).isFalse();
    assertThat(Repetition.endsInLoop(new int[] {1, 0, 0, 0})).as("a number such as 1000").isFalse();
    assertThat(Repetition.endsInLoop(new int[0])).isFalse();
  }
}
