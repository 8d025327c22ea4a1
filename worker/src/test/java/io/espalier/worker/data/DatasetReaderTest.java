package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.common.spec.DatasetSpec;
import io.espalier.common.trial.Training.TruncationStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DatasetReaderTest extends DatasetReading {

  @Test
  void every_text_shape_of_a_dialogue_gives_the_same_tokens() {
    var data =
        read(
            spec(
                """
                {"messages":[{"role":"system","content":"S"},{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"Q\\nI"},{"role":"assistant","content":"A"}]}
                {"system":"S","query":"Q\\nI","response":"A","history":[["q","a"]]}
                {"system":"S","instruction":"Q","input":"I","output":"A","history":[["q","a"]]}
                {"conversations":[{"from":"system","value":"S"},{"from":"human","value":"q"},{"from":"gpt","value":"a"},{"from":"human","value":"Q\\nI"},{"from":"gpt","value":"A"}]}
                {"system":"S","conversation":[{"human":"q","assistant":"a"},{"human":"Q\\nI","assistant":"A"}]}
                """));
    assertThat(data.train()).hasSize(5);
    assertThat(data.train())
        .allSatisfy(
            row -> {
              assertThat(row.inputIds()).isEqualTo(data.train().get(0).inputIds());
              assertThat(row.labels()).isEqualTo(data.train().get(0).labels());
            });
    assertThat(data.train().get(0).targets()).isEqualTo(4);
  }

  @Test
  void a_message_with_loss_false_is_no_target() {
    var data =
        read(
            spec(
                """
                {"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","loss":false},{"role":"user","content":"q"},{"role":"assistant","content":"a","loss":1}]}
                """));
    assertThat(data.summary().targets()).isEqualTo(2);
  }

  @Test
  void tokenized_rows_are_used_as_they_are_and_need_no_tokenizer() {
    var data =
        readWithoutTokenizer(
            spec("{\"input_ids\":[5,6,7,8],\"labels\":[-100,-100,7,-100]}\n").withEvalFile());
    assertThat(data.train().get(0).inputIds()).containsExactly(5, 6, 7, 8);
    assertThat(data.train().get(0).labels()).containsExactly(-100, -100, 7, -100);
    assertThat(data.evaluation().get(0).rows()).hasSize(1);
    assertThat(data.evaluation().get(0).questions()).isEmpty();
  }

  @Test
  void a_tokenized_rows_label_is_its_class() {
    var data = readWithoutTokenizer(spec("{\"input_ids\":[5,6,7],\"label\":2}\n").withEvalFile());
    TokenRow row = data.train().get(0);
    assertThat(row.category()).hasValue(2);
    assertThat(row.targets()).isEqualTo(1);
    assertThat(data.evaluation().get(0).classified()).isTrue();
  }

  @Test
  void placeholders_take_the_value_of_the_rows_tag_and_become_keywords() {
    var data =
        read(
            spec("""
                    {"query":"你是?","response":"我是{{NAME}}, {{AUTHOR}}.","tag":"zh"}
                    {"query":"Are you {{NAME}}?","response":"I am {{NAME}}.","tag":"en"}
                    {"query":"Who made {{AUTHOR}}?","response":"Nobody.","tag":"en"}
                    {"query":"Say {{x}}","response":"Espalier"}
                    """)
                .withReplace(Map.of("NAME", List.of("小枝", "Twig"), "AUTHOR", List.of("Espalier")))
                .withEvalFile());
    List<Question> questions = data.evaluation().get(0).questions();
    assertThat(questions)
        .extracting(Question::reference)
        .containsExactly("我是小枝, Espalier.", "I am Twig.", "Nobody.", "Espalier");
    assertThat(questions.get(0).keywords()).containsExactly("小枝", "Espalier");
    assertThat(questions.get(1).keywords()).containsExactly("Twig");
    assertThat(questions.get(2).keywords()).isEmpty();
    assertThat(questions.get(3).keywords()).isEmpty();
    assertThat(text(questions.get(1).promptIds())).contains("Are you Twig?");
    assertThat(text(questions.get(3).promptIds())).contains("Say {{x}}");
  }

  @Test
  void a_question_asks_for_the_last_answer_of_a_dialogue() {
    var data =
        read(
            spec("{\"query\":\"Q\",\"response\":\"A\",\"history\":[[\"q\",\"a\"]]}\n")
                .withEvalFile());
    var question = data.evaluation().get(0).questions().get(0);
    assertThat(question.reference()).isEqualTo("A");
    assertThat(text(question.promptIds())).endsWith("user\nq\nassistant\na\nuser\nQ\nassistant\n");
  }

  @Test
  void a_fraction_is_split_off_by_seed_and_both_sides_keep_file_order() {
    DatasetSpec spec = spec(tokenizedRows(100)).withEvalFraction(0.1).build();
    var data = read(spec);
    var train = firstIds(data.train());
    var eval = firstIds(data.evaluation().get(0).rows());
    assertThat(eval).hasSize(10).isSorted();
    assertThat(train).hasSize(90).isSorted().doesNotContainAnyElementsOf(eval);
    assertThat(firstIds(read(spec).evaluation().get(0).rows())).isEqualTo(eval);
    var otherSeed = read(spec(tokenizedRows(100)).withEvalFraction(0.1).withDataSeed(7).build());
    assertThat(firstIds(otherSeed.evaluation().get(0).rows())).isNotEqualTo(eval);
  }

  @Test
  void a_fraction_leaves_at_least_one_row_on_each_side() {
    assertThat(read(spec(tokenizedRows(3)).withEvalFraction(0.01)).summary().evalSamples())
        .isEqualTo(1);
    assertThat(read(spec(tokenizedRows(3)).withEvalFraction(0.99)).summary().samples())
        .isEqualTo(1);
  }

  @Test
  void too_long_rows_are_left_out_and_counted_by_default() {
    var data = read(spec(longAndShort()).build(), 4, TruncationStrategy.DELETE);
    assertThat(data.train()).hasSize(1);
    assertThat(data.summary().skipped()).isEqualTo(1);
    assertThat(data.summary().longest()).isEqualTo(3);
  }

  @Test
  void truncation_right_keeps_the_beginning() {
    var data = read(spec(longAndShort()).build(), 4, TruncationStrategy.RIGHT);
    assertThat(data.train().get(0).inputIds()).containsExactly(1, 2, 3, 4);
    assertThat(data.train().get(0).labels()).containsExactly(-100, 2, 3, 4);
    assertThat(data.summary().skipped()).isZero();
  }

  @Test
  void truncation_left_keeps_the_end() {
    var data = read(spec(longAndShort()).build(), 4, TruncationStrategy.LEFT);
    assertThat(data.train().get(0).inputIds()).containsExactly(3, 4, 5, 6);
    // The first token left has nothing before it to be predicted from.
    assertThat(data.train().get(0).targets()).isEqualTo(3);
  }

  @Test
  void the_summary_counts_rows_tokens_and_targets() {
    var spec =
        spec("{\"input_ids\":[1,2,3],\"labels\":[-100,2,3]}\n" + tokenizedRows(2))
            .withEvalFile()
            .withRetentionFile();
    var summary = read(spec).summary();
    assertThat(summary.samples()).isEqualTo(3);
    assertThat(summary.evalSamples()).isEqualTo(3);
    assertThat(summary.retentionSamples()).isEqualTo(3);
    assertThat(summary.tokens()).isEqualTo(3 + 2 + 2);
    assertThat(summary.targets()).isEqualTo(2 + 1 + 1);
    assertThat(summary.longest()).isEqualTo(3);
    assertThat(summary.parameters()).isEqualTo(1234);
    assertThat(summary.modelSha256()).isEqualTo("model");
  }

  @Test
  void the_fingerprint_is_of_the_tokens_not_of_their_spelling() {
    String hash = read(spec(tokenizedRows(3))).summary().dataSha256();
    assertThat(read(spec(tokenizedRows(3).replace(",", " , "))).summary().dataSha256())
        .isEqualTo(hash)
        .matches("[0-9a-f]{64}");
    assertThat(read(spec(tokenizedRows(4))).summary().dataSha256()).isNotEqualTo(hash);
    assertThat(read(spec(tokenizedRows(3)).withEvalFile()).summary().dataSha256())
        .isNotEqualTo(hash);
  }

  @Test
  void byte_order_marks_carriage_returns_and_blank_lines_are_passed_over() {
    var data =
        read(
            spec(
                "\uFEFF{\"query\":\"q\",\"response\":\"a\"}\r\n\r\n"
                    + "{\"query\":\"q\",\"response\":\"a\"}"));
    assertThat(data.train()).hasSize(2);
  }

  @Test
  void an_array_gives_the_rows_of_its_lines() {
    String lines = tokenizedRows(3);
    String hash = read(spec(lines)).summary().dataSha256();
    assertThat(
            read(spec("\n [" + lines.strip().replace("\n", ",\n") + "]\n")).summary().dataSha256())
        .isEqualTo(hash);
  }

  @Test
  void several_files_are_joined_in_their_order() throws IOException {
    var spec = spec(tokenizedRows(3));
    Path more = directory.resolve("more.jsonl");
    Files.writeString(more, "{\"input_ids\":[9,0],\"labels\":[-100,0]}\n");
    assertThat(firstIds(read(spec.withTrain(more, train(), more)).train()))
        .containsExactly(9, 0, 1, 2, 9);
  }

  @Test
  void a_sample_keeps_file_order_and_a_smaller_one_is_part_of_it() {
    var spec = spec(tokenizedRows(100));
    var fifty = firstIds(read(spec.withTrain(train() + "#50")).train());
    var ten = firstIds(read(spec.withTrain(train() + "#10")).train());
    assertThat(fifty).hasSize(50).isSorted().doesNotHaveDuplicates().containsAll(ten);
    assertThat(ten).hasSize(10).isSorted();
    assertThat(firstIds(read(spec.withDataSeed(7)).train())).hasSize(10).isNotEqualTo(ten);
  }

  @Test
  void the_system_prompt_goes_to_rows_that_have_none() {
    var rows =
        read(spec("""
                {"query":"q","response":"a"}
                {"system":"Mine.","query":"q","response":"a"}
                """)
                .withSystem("I am {{NAME}}.")
                .withReplace(Map.of("NAME", List.of("Twig"))))
            .train();
    assertThat(text(rows.get(0).inputIds())).startsWith("system\nI am Twig.\nuser\nq");
    assertThat(text(rows.get(1).inputIds())).startsWith("system\nMine.\nuser\nq");
  }

  @Test
  void a_curriculum_sorts_each_epoch_and_shuffles_what_is_equal() {
    var rows = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      rows.append(
          "{\"input_ids\":[%d,0],\"labels\":[-100,0],\"level\":%d}%n".formatted(i, -(i / 20)));
    }
    DatasetSpec spec = spec(rows.toString()).orderedBy("field:level").build();
    EpochRows epochs = read(spec).epochs(spec);
    int[] first = epochs.order(1);
    assertThat(Arrays.stream(first, 0, 20)).allMatch(row -> row >= 20);
    assertThat(first).doesNotHaveDuplicates().hasSize(40).isNotEqualTo(epochs.order(2));
    assertThat(first).isEqualTo(epochs.order(1));
  }

  @Test
  void a_curriculum_by_length_begins_with_the_shortest_row() {
    DatasetSpec spec = spec(longAndShort() + tokenizedRows(1)).orderedBy("length").build();
    var data = read(spec);
    assertThat(data.epochs(spec).order(3)).containsExactly(2, 1, 0);
    assertThat(data.summary().dataSha256())
        .isNotEqualTo(read(spec(longAndShort() + tokenizedRows(1))).summary().dataSha256());
  }

  private static String longAndShort() {
    return """
        {"input_ids":[1,2,3,4,5,6],"labels":[-100,2,3,4,5,6]}
        {"input_ids":[7,8,9],"labels":[-100,8,9]}
        """;
  }

  private static List<Integer> firstIds(List<TokenRow> rows) {
    return rows.stream().map(row -> row.inputIds()[0]).toList();
  }
}
