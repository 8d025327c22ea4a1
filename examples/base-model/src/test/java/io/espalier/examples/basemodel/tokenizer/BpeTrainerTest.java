package io.espalier.examples.basemodel.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.espalier.examples.basemodel.corpus.Alphabet;
import io.espalier.examples.basemodel.corpus.Corpus;
import io.espalier.examples.basemodel.corpus.Exchange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  private static final List<String> SPECIAL =
      List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
  private static final Corpus CORPUS =
      Corpus.generate(
          1, Alphabet.of(List.of("由{{AUTHOR}}训练", "made by"), List.of("小枝", "Espalier")));

  @TempDir private static Path directory;
  private static HuggingFaceTokenizer tokenizer;

  @BeforeAll
  static void train() throws IOException {
    Path file = directory.resolve("tokenizer.json");
    BpeTrainer.train(CORPUS.text(), 2048, SPECIAL).write(file);
    tokenizer =
        HuggingFaceTokenizer.newInstance(
            file, Map.of("addSpecialTokens", "false", "truncation", "false"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void every_line_of_the_corpus_comes_back_from_its_tokens() {
    assertThat(lines()).allSatisfy(line -> assertThat(roundTrip(line)).isEqualTo(line));
  }

  @Test
  void text_never_seen_comes_back_too() {
    String text = "Zürich 龘 👋🏽 \t3.14\r\n\n  عربى";
    assertThat(roundTrip(text)).isEqualTo(text);
  }

  @Test
  void text_is_composed_first() {
    assertThat(roundTrip("Zu\u0308rich")).isEqualTo("Z\u00fcrich");
  }

  @Test
  void special_tokens_have_the_last_ids_and_are_found_in_text() {
    assertThat(ids("<|im_start|>user\n<|im_end|><|endoftext|>"))
        .startsWith(2046L)
        .endsWith(2047L, 2045L);
  }

  @Test
  void every_chinese_character_of_the_corpus_is_a_token_of_its_own() {
    var characters =
        lines()
            .flatMapToInt(String::codePoints)
            .filter(c -> Character.UnicodeScript.of(c) == Character.UnicodeScript.HAN)
            .distinct()
            .mapToObj(Character::toString)
            .toList();
    assertThat(characters)
        .hasSizeGreaterThan(500)
        .allSatisfy(character -> assertThat(ids(character)).hasSize(1));
    assertThat(ids(String.join("", characters))).hasSameSizeAs(characters);
  }

  @Test
  void the_same_text_gives_the_same_file() throws IOException {
    Path again = directory.resolve("again.json");
    BpeTrainer.train(CORPUS.text(), 2048, SPECIAL).write(again);
    assertThat(again).hasSameTextualContentAs(directory.resolve("tokenizer.json"));
    assertThat(Files.size(again)).isLessThan(200_000);
  }

  @Test
  void the_most_frequent_pair_is_merged_first() throws IOException {
    Path file = directory.resolve("small.json");
    BpeTrainer.train(List.of("low lower lowest"), 256 + 2 + 1, List.of("<|im_end|>")).write(file);
    assertThat(Files.readString(file)).contains("\"merges\" : [ \"l o\", \"lo w\" ]");
  }

  @Test
  void too_little_text_for_the_vocabulary_is_refused() {
    assertThatThrownBy(() -> BpeTrainer.train(List.of("ab"), 300, SPECIAL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too few pairs");
  }

  private static Stream<String> lines() {
    return Stream.of(CORPUS.training(), CORPUS.general(), CORPUS.identity())
        .flatMap(List::stream)
        .flatMap((Exchange row) -> Stream.of(row.query(), row.response()));
  }

  private static long[] ids(String text) {
    return tokenizer.encode(text, false, false).getIds();
  }

  private static String roundTrip(String text) {
    return tokenizer.decode(ids(text), false);
  }
}
