package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.espalier.common.UserError;
import io.espalier.common.trial.Training.TruncationStrategy;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DatasetMistakesTest extends DatasetReading {
  private static final String GOOD = "{\"query\":\"q\",\"response\":\"a\"}\n";

  static Stream<Arguments> broken_rows() {
    return Stream.of(
        arguments("{\"query\":\"q\",\"response\":", "not one whole JSON object (column "),
        arguments("{\"query\":\"q\",\"response\":\"a\"} x", "not one whole JSON object"),
        arguments("{", "not one whole JSON object"),
        arguments(
            "{\"query\":\"q\",\"query\":\"r\",\"response\":\"a\"}", "Duplicate field 'query'"),
        arguments("\"text\"", "expected an object, found text"),
        arguments(
            "{\"prompt\":\"q\",\"completion\":\"a\"}",
            "keys [completion, prompt] are no known row; known rows have messages | query,"),
        arguments("{\"text\":\" \"}", "'text' is empty"),
        arguments("{\"query\":\"q\"}", "key 'response' is missing"),
        arguments("{\"query\":\"q\",\"response\":null}", "key 'response' is missing"),
        arguments(
            "{\"query\":\"q\",\"response\":7}", "'response' must be text, found the number 7"),
        arguments("{\"query\":\"q\",\"response\":\" \"}", "an answer of the assistant's is empty"),
        arguments(
            "{\"query\":\"q\",\"response\":\"a\",\"history\":[[\"x\"]]}",
            "history[0] must be a pair [query, response]"),
        arguments(
            "{\"query\":\"q\",\"response\":\"a\",\"history\":\"x\"}", "'history' must be a list"),
        arguments("{\"messages\":[]}", "'messages' must be a list that is not empty"),
        arguments(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}",
            "the last message must be the assistant's"),
        arguments(
            "{\"messages\":[{\"role\":\"robot\",\"content\":\"q\"}]}",
            "messages[0]: role 'robot' is not system, user or assistant"),
        arguments(
            "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\"}]}]}",
            "messages[0]: 'content' must be text, found a list"),
        arguments(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"q\",\"loss\":true}]}",
            "'loss' is true on a message of the user's"),
        arguments(
            "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"loss\":0.3}]}",
            "'loss' must be true or false, found the number 0.3"),
        arguments(
            "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"loss\":false}]}",
            "every answer has loss false"),
        arguments(
            "{\"conversations\":[{\"from\":\"bot\",\"value\":\"a\"}]}",
            "conversations[0]: from 'bot' is not human, gpt or system"),
        arguments("{\"input_ids\":[1,2,3]}", "'labels' must be a list"),
        arguments(
            "{\"input_ids\":[1,2,3],\"labels\":[1,2]}",
            "3 input_ids but 2 labels: give one label for each token"),
        arguments(
            "{\"input_ids\":[1,2.5],\"labels\":[1,2]}",
            "'input_ids[1]' must be a whole number, found the number 2.5"),
        arguments(
            "{\"input_ids\":[1,294],\"labels\":[1,2]}",
            "input_ids[1] is 294, outside the model's vocabulary of 294 tokens"),
        arguments(
            "{\"input_ids\":[1,2],\"labels\":[1,-1]}",
            "labels[1] is -1, outside the model's vocabulary"),
        arguments(
            "{\"input_ids\":[1,2],\"labels\":[1,-100]}",
            "no token counts in the loss: every label from the second on is -100"));
  }

  @ParameterizedTest
  @MethodSource("broken_rows")
  void a_broken_row_is_told_with_file_line_and_what_to_do(String row, String problem) {
    var spec = spec(GOOD + "\n" + row + "\n" + GOOD);
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":3: ")
        .hasMessageContaining(problem)
        .hasMessageContaining("dataset.on_bad_sample: skip");
  }

  @ParameterizedTest
  @MethodSource("broken_rows")
  void a_broken_row_is_skipped_and_counted_when_asked(String row, String problem) {
    var data = read(spec(GOOD + "\n" + row + "\n" + GOOD).skippingBadSamples());
    assertThat(data.train()).hasSize(2);
    assertThat(data.summary().skipped()).isEqualTo(1);
  }

  @Test
  void text_that_is_not_utf_8_is_told_with_its_line() {
    byte[] rows =
        (GOOD + "{\"query\":\"你是谁\",\"response\":\"a\"}\n").getBytes(Charset.forName("GB18030"));
    var spec = spec(rows);
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":2: not UTF-8 text; save the file as UTF-8");
  }

  @Test
  void a_file_of_broken_rows_only_is_an_error_even_when_they_are_skipped() {
    var spec = spec("{}\n{\"query\":\"q\"}\n").skippingBadSamples();
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dataset.train: no row of " + train() + " can be used; 2 broken")
        .hasMessageContaining(train() + ":1: keys [] are no known row");
  }

  @Test
  void rows_that_are_all_too_long_are_told_with_the_shortest() {
    var spec =
        spec("""
            {"input_ids":[1,2,3,4,5,6],"labels":[1,2,3,4,5,6]}
            {"input_ids":[1,2,3,4,5],"labels":[1,2,3,4,5]}
            """)
            .build();
    assertThatThrownBy(() -> read(spec, 4, TruncationStrategy.DELETE))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("2 longer than max_length 4 (the shortest has 5 tokens)")
        .hasMessageContaining("raise training.max_length")
        .hasMessageContaining("truncation_strategy");
  }

  @Test
  void a_row_whose_targets_are_cut_off_is_told() {
    var spec = spec("{\"input_ids\":[1,2,3,4,5],\"labels\":[-100,-100,-100,-100,5]}\n").build();
    assertThatThrownBy(() -> read(spec, 4, TruncationStrategy.RIGHT))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":1: ")
        .hasMessageContaining("no target is left")
        .hasMessageContaining("training.max_length");
  }

  @Test
  void an_empty_file_is_told() {
    assertThatThrownBy(() -> read(spec(" \n\n")))
        .isInstanceOf(UserError.class)
        .hasMessage("dataset.train: %s holds no rows; write one JSON object a line", train());
  }

  @Test
  void a_missing_file_is_told_with_its_key() throws IOException {
    var spec = spec(GOOD).withEvalFile();
    Files.delete(train());
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dataset.train: " + train() + " does not exist");
  }

  @Test
  void a_directory_is_no_data_set() throws IOException {
    var spec = spec(GOOD);
    Files.delete(train());
    Files.createDirectory(train());
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dataset.train: " + train() + " is a directory");
  }

  @Test
  void a_broken_element_of_an_array_is_told_with_its_line_and_number() {
    var spec = spec("[\n  {\"query\":\"q\",\"response\":\"a\"},\n  {\"query\":\"q\"}\n]");
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":3 (element 2): row: key 'response' is missing");
    var data = read(spec.skippingBadSamples());
    assertThat(data.train()).hasSize(1);
    assertThat(data.summary().leftOut())
        .singleElement()
        .asString()
        .contains("1 broken, the first: " + train() + ":3 (element 2): ");
  }

  @Test
  void a_key_that_an_element_has_twice_makes_one_bad_row() {
    var spec = spec("[\n" + GOOD + ",\n{\"query\":\"q\",\"query\":\"r\"},\n" + GOOD + "]");
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":")
        .hasMessageContaining("(element 2): ")
        .hasMessageContaining("'query'");
    var data = read(spec.skippingBadSamples());
    assertThat(data.train()).hasSize(2);
    assertThat(data.summary().leftOut()).singleElement().asString().contains("1 broken");
  }

  @Test
  void an_array_that_breaks_off_is_told_with_its_line_even_when_bad_rows_are_skipped() {
    var spec = spec("[\n" + GOOD + ",{\"query\": ]").skippingBadSamples();
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":3: the JSON array breaks off here");
    assertThatThrownBy(() -> read(spec("[" + GOOD + "]\n" + GOOD)))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":3: something follows the JSON array");
  }

  @Test
  void a_sample_larger_than_its_file_is_told() {
    assertThatThrownBy(() -> read(spec(GOOD).withTrain(train() + "#2")))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "dataset.train: %s#2 asks for 2 rows, but only 1 can be used; lower the number or leave"
                + " it out",
            train());
  }

  @Test
  void a_row_without_the_number_that_orders_it_is_told() {
    assertThatThrownBy(() -> read(spec(GOOD).orderedBy("field:difficulty")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            train() + ":1: row: 'difficulty' must be a number, for dataset.order_by names it");
  }

  @Test
  void a_missing_replacement_is_told_with_the_key_to_add_even_when_bad_rows_are_skipped() {
    var spec =
        spec(GOOD + "{\"query\":\"q\",\"response\":\"I am {{NAME}}\",\"tag\":\"en\"}\n")
            .skippingBadSamples();
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessage("%s:2: {{NAME}} has no value; add dataset.replace: {NAME: …}", train());
    var misspelt = spec.withReplace(Map.of("name", List.of("x")));
    assertThatThrownBy(() -> read(misspelt)).hasMessageEndingWith("(it has name only)");
  }

  @Test
  void a_pair_of_values_needs_a_tag() {
    var spec =
        spec("{\"query\":\"q\",\"response\":\"{{NAME}}\"}\n")
            .withReplace(Map.of("NAME", List.of("a", "b")));
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(":1: {{NAME}} has a value for zh and one for en")
        .hasMessageContaining("tag is missing");
  }

  @Test
  void a_replacement_takes_one_value_or_a_pair() {
    var spec = spec(GOOD).withReplace(Map.of("NAME", List.of("a", "b", "c")));
    assertThatThrownBy(() -> read(spec))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dataset.replace.NAME: expected one value or a pair [zh, en]");
  }

  @Test
  void one_row_cannot_be_split() {
    assertThatThrownBy(() -> read(spec(GOOD).withEvalFraction(0.5)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dataset.eval: 0.5 of 1 row");
  }

  @Test
  void rows_of_text_need_a_tokenizer() {
    assertThatThrownBy(() -> readWithoutTokenizer(spec(GOOD)))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(":1: models/tiny has no tokenizer.json");
  }

  @Test
  void rows_of_text_need_a_chat_template() {
    try (var plain = ChatTokenizer.open(TinyTokenizer.withoutTemplate(directory)).orElseThrow()) {
      var spec = spec(GOOD).skippingBadSamples().build();
      assertThatThrownBy(() -> read(Optional.of(plain), spec, 64, TruncationStrategy.DELETE))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("has no chat template (chat_template in tokenizer_config.json");
    }
  }
}
