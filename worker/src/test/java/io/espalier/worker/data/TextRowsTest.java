package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.common.UserError;
import io.espalier.common.trial.Training.TruncationStrategy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Rows of plain text, learnt whole, and rows of text that are put in a class. */
class TextRowsTest extends DatasetReading {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The tiny tokenizer's first added token, here an end of text. */
  private static final int START = TinyTokenizer.IM_START;

  private static final int END = TinyTokenizer.IM_END;

  private static final ModelFingerprint CLASSIFIER =
      new ModelFingerprint(
          "model",
          1234,
          OptionalInt.of(TinyTokenizer.VOCABULARY),
          classes("{'0': 'negative', '1': 'neutral', '2': 'positive'}"));

  @Test
  void every_token_of_a_plain_text_is_a_target_and_it_ends_in_eos() {
    var data = read(spec("{\"text\":\"xy\"}\n{\"text\":\"xy<|im_end|>\"}\n").withEvalFile());
    assertThat(data.train())
        .allSatisfy(
            row -> {
              assertThat(row.inputIds()).containsExactly('x', 'y', END);
              assertThat(row.labels()).containsExactly('x', 'y', END);
            });
    assertThat(data.evaluation().get(0).questions()).isEmpty();
  }

  @Test
  void plain_text_needs_no_chat_template_and_no_eos() {
    try (var plain = ChatTokenizer.open(TinyTokenizer.withoutTemplate(directory)).orElseThrow()) {
      var spec = spec("{\"text\":\"xy\"}\n").build();
      var data = read(Optional.of(plain), spec, 64, TruncationStrategy.DELETE);
      assertThat(data.train().get(0).inputIds()).containsExactly('x', 'y');
    }
  }

  @Test
  void plain_text_takes_replacements() {
    var data =
        read(
            spec("{\"text\":\"I am {{NAME}}\",\"tag\":\"en\"}\n")
                .withReplace(Map.of("NAME", List.of("小枝", "Twig"))));
    assertThat(text(data.train().get(0).inputIds())).isEqualTo("I am Twig");
  }

  @Test
  void bos_and_eos_are_the_tokenizers_own_where_its_config_does_not_say_otherwise()
      throws IOException {
    String tokens = "\"bos_token\": \"<|im_start|>\", \"eos_token\": \"<|im_end|>\"";
    assertThat(framed("{%s}", tokens, true)).containsExactly(START, 'x', END);
    assertThat(framed("{%s, \"add_bos_token\": false, \"add_eos_token\": false}", tokens, true))
        .containsExactly('x');
    assertThat(framed("{%s}", tokens, false)).containsExactly('x');
    assertThat(framed("{%s, \"add_bos_token\": true, \"add_eos_token\": true}", tokens, false))
        .containsExactly(START, 'x', END);
    assertThat(framed("{%s, \"add_bos_token\": true, \"add_eos_token\": true}", tokens, true))
        .containsExactly(START, 'x', END);
  }

  @Test
  void a_label_is_a_name_of_the_models_or_its_number() throws IOException {
    var data =
        classified(
            "{\"text\":\"a\",\"label\":\"positive\"}\n{\"text\":\"a\",\"label\":0}\n"
                + "{\"input_ids\":[5,6],\"label\":\"neutral\"}\n",
            64,
            TruncationStrategy.DELETE);
    assertThat(data.train()).extracting(row -> row.category().getAsInt()).containsExactly(2, 0, 1);
    assertThat(data.train().get(0).inputIds()).containsExactly(START, 'a', END);
    assertThat(data.train().get(0).targets()).isEqualTo(1);
  }

  @Test
  void a_labelled_text_is_cut_within_what_the_tokenizer_puts_around_it() throws IOException {
    String row = "{\"text\":\"zyxw\",\"label\":1}\n";
    assertThat(classified(row, 4, TruncationStrategy.RIGHT).train().get(0).inputIds())
        .containsExactly(START, 'z', 'y', END);
    assertThat(classified(row, 4, TruncationStrategy.LEFT).train().get(0).inputIds())
        .containsExactly(START, 'x', 'w', END);
    assertThat(classified(row, 2, TruncationStrategy.RIGHT).train().get(0).inputIds())
        .containsExactly(START, END);
  }

  @Test
  void a_label_that_is_none_of_the_models_is_told_with_its_line_and_the_nearest() {
    assertThatThrownBy(
            () ->
                classified(
                    "{\"text\":\"a\",\"label\":0}\n{\"text\":\"a\",\"label\":\"postive\"}\n"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            train()
                + ":2: label 'postive' is no class of the model, which are negative, neutral,"
                + " positive; did you mean 'positive'?");
    assertThatThrownBy(() -> classified("{\"text\":\"a\",\"label\":\"x\"}\n"))
        .hasMessageContaining("; name them in id2label and label2id of its config.json");
    assertThatThrownBy(() -> classified("{\"text\":\"a\",\"label\":3}\n"))
        .hasMessageStartingWith(train() + ":1: 'label' is 3, but the model has classes 0 to 2");
    assertThatThrownBy(() -> classified("{\"text\":\"a\"}\n"))
        .hasMessageStartingWith(
            train() + ":1: 'label' must be one of negative, neutral, positive, or the number");
  }

  @Test
  void rows_of_another_kind_than_the_model_are_told_even_when_bad_rows_are_skipped() {
    var labelled = spec("{\"text\":\"a\",\"label\":\"positive\"}\n").skippingBadSamples();
    assertThatThrownBy(() -> read(labelled))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(train() + ":1: the row has text and label, but the model predicts");
    assertThatThrownBy(() -> classified("{\"query\":\"q\",\"response\":\"a\"}\n"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            train() + ":1: the row is a dialogue, but the model puts rows in classes (negative,");
  }

  @Test
  void classes_without_names_are_numbered_as_transformers_does() {
    assertThat(ClassNames.of(json("{'model_type': 'bert'}"), Path.of("config.json")).ids())
        .containsExactly(Map.entry("LABEL_0", 0), Map.entry("LABEL_1", 1));
    assertThat(ClassNames.of(json("{'model_type': 'qwen2'}"), Path.of("config.json")).ids())
        .isEmpty();
  }

  @Test
  void names_that_contradict_each_other_are_told_with_the_file() {
    ObjectNode config = config("{'0': 'a', '1': 'b'}");
    config.set("label2id", json("{'a': 1, 'b': 0}"));
    assertThatThrownBy(() -> ClassNames.of(config, Path.of("config.json")))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith("config.json: id2label and label2id do not agree on class 0, 'a'");
    assertThatThrownBy(() -> classes("{'1': 'a', '2': 'b'}"))
        .hasMessageContaining("id2label has no name for class 0: it must name 0 to 1");
  }

  private int[] framed(String config, String tokens, boolean byTokenizer) throws IOException {
    try (var tokenizer = tokenizer(config.formatted(tokens), byTokenizer)) {
      return tokenizer.framed("x").ids();
    }
  }

  private TokenizedDataset classified(String rows) throws IOException {
    return classified(rows, 64, TruncationStrategy.DELETE);
  }

  private TokenizedDataset classified(String rows, int maxLength, TruncationStrategy strategy)
      throws IOException {
    var spec = spec(rows).build();
    try (var tokenizer = tokenizer("{}", true)) {
      return read(Optional.of(tokenizer), CLASSIFIER, spec, maxLength, strategy);
    }
  }

  /** The tiny tokenizer with another config, and as BERT's one that frames a text itself. */
  private ChatTokenizer tokenizer(String config, boolean framing) throws IOException {
    var tokenizer =
        (ObjectNode) JSON.readTree(TinyTokenizer.directory().resolve("tokenizer.json").toFile());
    if (framing) {
      tokenizer.set(
          "post_processor",
          json(
              "{'type': 'TemplateProcessing', 'pair': [], 'single': [{'SpecialToken': {'id':"
                  + " '<|im_start|>', 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}},"
                  + " {'SpecialToken': {'id': '<|im_end|>', 'type_id': 0}}], 'special_tokens':"
                  + " {'<|im_start|>': {'id': '<|im_start|>', 'ids': [292], 'tokens':"
                  + " ['<|im_start|>']}, '<|im_end|>': {'id': '<|im_end|>', 'ids': [293], 'tokens':"
                  + " ['<|im_end|>']}}}"));
    }
    Path place = Files.createDirectories(directory.resolve("tokenizer"));
    JSON.writeValue(place.resolve("tokenizer.json").toFile(), tokenizer);
    Files.writeString(place.resolve("tokenizer_config.json"), config);
    return ChatTokenizer.open(place).orElseThrow();
  }

  private static ClassNames classes(String id2label) {
    return ClassNames.of(config(id2label), Path.of("config.json"));
  }

  private static ObjectNode config(String id2label) {
    ObjectNode config = JSON.createObjectNode();
    config.putArray("architectures").add("BertForSequenceClassification");
    config.set("id2label", json(id2label));
    return config;
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
