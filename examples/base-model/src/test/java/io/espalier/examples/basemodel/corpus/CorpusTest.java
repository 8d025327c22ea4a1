package io.espalier.examples.basemodel.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CorpusTest {
  private static final Alphabet ALPHABET =
      Alphabet.of(List.of("我是{{NAME}}，龘", "Hello, made by {{AUTHOR}}."), List.of("小枝", "Espalier"));
  private static final Corpus CORPUS = Corpus.generate(42, ALPHABET);

  @Test
  void the_same_seed_gives_the_same_corpus_and_another_seed_another() {
    assertThat(Corpus.generate(42, ALPHABET)).isEqualTo(CORPUS);
    assertThat(Corpus.generate(43, ALPHABET)).isNotEqualTo(CORPUS);
  }

  @Test
  void no_held_out_question_is_trained() {
    Set<String> trained = queries(CORPUS.training());
    assertThat(queries(CORPUS.general()))
        .hasSizeGreaterThan(300)
        .doesNotContainAnyElementsOf(trained);
    assertThat(queries(CORPUS.identity())).hasSize(72).doesNotContainAnyElementsOf(trained);
  }

  @Test
  void the_answer_to_every_held_out_question_is_trained_in_other_wordings() {
    var trained = CORPUS.training().stream().map(Exchange::response).toList();
    assertThat(CORPUS.general())
        .allSatisfy(
            row ->
                assertThat(trained.stream().filter(row.response()::equals))
                    .hasSizeGreaterThanOrEqualTo(5));
  }

  @Test
  void a_general_question_has_one_answer_only() {
    var answers =
        CORPUS.general().stream()
            .collect(
                Collectors.groupingBy(
                    Exchange::query, Collectors.mapping(Exchange::response, Collectors.toSet())));
    assertThat(answers.values()).allSatisfy(one -> assertThat(one).hasSize(1));
  }

  @Test
  void no_placeholder_is_left_open() {
    assertThat(CORPUS.training())
        .noneSatisfy(row -> assertThat(row.query() + row.response()).containsPattern("[{}]"));
  }

  @Test
  void every_character_word_and_name_of_the_alphabet_is_in_a_trained_answer() {
    String answers =
        CORPUS.training().stream().map(Exchange::response).collect(Collectors.joining("\n"));
    assertThat(answers).contains("龘", "枝", " made", " by", "Hello", "Espalier", "小枝");
  }

  @Test
  void of_the_alphabet_no_sentence_gets_into_the_corpus() {
    assertThat(ALPHABET.words()).containsExactly("Hello", "by", "made");
    assertThat(ALPHABET.characters()).isEqualTo("小我是枝龘");
  }

  private static Set<String> queries(List<Exchange> rows) {
    return rows.stream().map(Exchange::query).collect(Collectors.toSet());
  }
}
