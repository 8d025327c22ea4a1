package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTokenizerTest {
  private static ChatTokenizer tokenizer;

  @TempDir Path directory;

  @BeforeAll
  static void open() {
    tokenizer = TinyTokenizer.open();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void a_dialogue_is_rendered_with_the_models_template() {
    var row =
        tokenizer.encode(
            List.of(Message.system("Be brief."), Message.user("hi"), Message.assistant("yo")));
    assertThat(row.inputIds())
        .isEqualTo(
            tokenizer.encode(
                "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n"
                    + "<|im_start|>assistant\nyo<|im_end|>"));
  }

  @Test
  void only_the_answer_and_its_end_of_turn_are_targets() {
    var row = tokenizer.encode(List.of(Message.user("hello"), Message.assistant("my name")));
    assertThat(learnt(row)).containsExactly("my name", "<|im_end|>");
    assertThat(row.targets()).isEqualTo(tokenizer.encode("my name").length + 1);
  }

  @Test
  void every_answer_of_several_turns_is_learnt() {
    var row =
        tokenizer.encode(
            List.of(
                Message.user("a"),
                Message.assistant("first"),
                Message.user("b"),
                Message.assistant("second")));
    assertThat(learnt(row)).containsExactly("first", "<|im_end|>", "second", "<|im_end|>");
  }

  @Test
  void an_answer_with_loss_false_is_context_only() {
    var row =
        tokenizer.encode(
            List.of(
                Message.user("a"),
                new Message(Message.Role.ASSISTANT, "first", false),
                Message.user("b"),
                Message.assistant("second")));
    assertThat(learnt(row)).containsExactly("second", "<|im_end|>");
    assertThat(tokenizer.decode(row.inputIds())).contains("first");
  }

  @Test
  void an_answer_follows_the_very_tokens_of_its_prompt() {
    // Byte-level BPE would merge the header's newline with the answer's.
    var question = List.of(Message.user("hello"));
    var row = tokenizer.encode(List.of(Message.user("hello"), Message.assistant("\nmy name")));
    int[] prompt = tokenizer.prompt(question);
    assertThat(row.inputIds()).startsWith(prompt);
    assertThat(row.labels()[prompt.length]).isEqualTo(row.inputIds()[prompt.length]);
  }

  @Test
  void a_prompt_ends_with_the_assistants_header() {
    int[] prompt = tokenizer.prompt(List.of(Message.user("hi")));
    int[] header = tokenizer.encode("<|im_start|>assistant\n");
    assertThat(Arrays.copyOfRange(prompt, prompt.length - header.length, prompt.length))
        .isEqualTo(header);
  }

  @Test
  void template_expressions_in_a_message_stay_text() {
    var row =
        tokenizer.encode(
            List.of(Message.user("{{ 1 + 1 }} {% if %} {# x #}"), Message.assistant("{{x}}")));
    assertThat(tokenizer.decode(row.inputIds())).contains("{{ 1 + 1 }} {% if %} {# x #}");
    assertThat(learnt(row)).containsExactly("{{x}}", "<|im_end|>");
  }

  @Test
  void special_tokens_written_in_a_message_are_recognised_as_transformers_does() {
    int[] prompt = tokenizer.prompt(List.of(Message.user("a<|im_end|>b")));
    assertThat(Arrays.stream(prompt).filter(id -> id == TinyTokenizer.IM_END).count()).isEqualTo(3);
  }

  @Test
  void decoding_leaves_special_tokens_out_and_joins_bytes_to_characters() {
    int[] ids = tokenizer.encode("我是小枝, hello 🌳<|im_end|>");
    assertThat(tokenizer.decode(ids)).isEqualTo("我是小枝, hello 🌳");
  }

  @Test
  void end_tokens_come_from_config_and_template() throws IOException {
    assertThat(tokenizer.eosIds()).containsExactly(TinyTokenizer.IM_END);
    // A base model's files name <|endoftext|>; its template ends turns with <|im_end|>.
    TinyTokenizer.withoutTemplate(directory);
    Files.writeString(directory.resolve("config.json"), "{\"eos_token_id\": 291}");
    Files.writeString(
        directory.resolve("chat_template.jinja"),
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    try (var base = ChatTokenizer.open(directory).orElseThrow()) {
      assertThat(base.eosIds()).containsExactlyInAnyOrder(291, TinyTokenizer.IM_END);
    }
  }

  @Test
  void special_tokens_are_found_where_tokenizer_config_does_not_tell_them() throws IOException {
    var files = new TokenizerFiles(TinyTokenizer.withoutTemplate(directory));
    assertThat(files.specialTokens()).isEmpty();
    Files.writeString(directory.resolve("config.json"), "{\"bos_token_id\": 97}");
    Files.writeString(
        directory.resolve("generation_config.json"),
        "{\"bos_token_id\": 98, \"eos_token_id\": [293, 291]}");
    assertThat(files.specialTokens())
        .containsExactlyInAnyOrderEntriesOf(Map.of("bos_token", "a", "eos_token", "<|im_end|>"));
    Files.writeString(
        directory.resolve("special_tokens_map.json"),
        "{\"eos_token\": {\"content\": \"<|endoftext|>\"}, \"pad_token\": \"<|im_start|>\"}");
    assertThat(files.specialTokens())
        .containsEntry("eos_token", "<|endoftext|>")
        .containsEntry("pad_token", "<|im_start|>");
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"eos_token\": \"<|im_end|>\", \"bos_token\": null}");
    assertThat(files.specialTokens())
        .containsEntry("eos_token", "<|im_end|>")
        .doesNotContainKey("bos_token");
  }

  @Test
  void a_template_file_goes_before_the_configs_template() throws IOException {
    TinyTokenizer.withoutTemplate(directory);
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"chat_template\": \"from config\", \"bos_token\": {\"content\": \"<|im_start|>\"}}");
    Files.writeString(
        directory.resolve("chat_template.jinja"), "{{ bos_token }}{{ messages[0].content }}\n");
    try (var other = ChatTokenizer.open(directory).orElseThrow()) {
      assertThat(other.prompt(List.of(Message.user("x"))))
          .containsExactly(TinyTokenizer.IM_START, 'x');
    }
  }

  @Test
  void answers_are_found_where_earlier_turns_are_rendered_by_what_follows() throws IOException {
    // As Qwen3's template does: only the last answer is preceded by its (empty) thoughts.
    TinyTokenizer.withoutTemplate(directory);
    Files.writeString(
        directory.resolve("chat_template.jinja"),
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
            + "{% if loop.last and m.role == 'assistant' %}(think)\n{% endif %}"
            + "{{ m.content | trim }}<|im_end|>\n{% endfor %}"
            + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}");
    try (var thinking = ChatTokenizer.open(directory).orElseThrow()) {
      var row =
          thinking.encode(
              List.of(
                  Message.user("a"),
                  Message.assistant("first"),
                  Message.user("b"),
                  Message.assistant("second")));
      assertThat(learnt(row))
          .containsExactly("first", "<|im_end|>", "(think)\nsecond", "<|im_end|>");
    }
  }

  @Test
  void a_templates_refusal_is_told_in_its_own_words() throws IOException {
    TinyTokenizer.withoutTemplate(directory);
    Files.writeString(
        directory.resolve("chat_template.jinja"),
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
            + "{{ messages[0].content }}");
    try (var strict = ChatTokenizer.open(directory).orElseThrow()) {
      var withSystem = List.of(Message.system("s"), Message.user("x"));
      assertThatThrownBy(() -> strict.prompt(withSystem))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("chat_template.jinja")
          .hasMessageContaining("no system role");
      assertThat(strict.prompt(List.of(Message.user("x")))).containsExactly('x');
    }
  }

  @Test
  void a_missing_template_is_told_with_what_to_add() {
    try (var plain = ChatTokenizer.open(TinyTokenizer.withoutTemplate(directory)).orElseThrow()) {
      assertThat(plain.hasChatTemplate()).isFalse();
      assertThatThrownBy(() -> plain.prompt(List.of(Message.user("x"))))
          .isInstanceOf(UserError.class)
          .hasMessageContaining("has no chat template")
          .hasMessageContaining("chat_template.jinja");
    }
  }

  @Test
  void a_broken_tokenizer_file_is_named() throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), "{\"model\": 3}");
    assertThatThrownBy(() -> ChatTokenizer.open(directory))
        .isInstanceOf(UserError.class)
        .hasMessageContaining(directory.resolve("tokenizer.json").toString());
  }

  @Test
  void a_directory_without_a_tokenizer_opens_to_nothing() {
    assertThat(ChatTokenizer.open(directory)).isEmpty();
  }

  /** The stretches of targets, special tokens by themselves. */
  private static List<String> learnt(TokenRow row) {
    var stretches = new ArrayList<String>();
    var open = new ArrayList<Integer>();
    for (int i = 0; i <= row.length(); i++) {
      boolean target = i < row.length() && row.labels()[i] != TokenRow.IGNORED;
      if (target) {
        assertThat(row.labels()[i]).isEqualTo(row.inputIds()[i]);
      }
      if (target && row.inputIds()[i] != TinyTokenizer.IM_END) {
        open.add(row.inputIds()[i]);
        continue;
      }
      if (!open.isEmpty()) {
        stretches.add(tokenizer.decode(open.stream().mapToInt(Integer::intValue).toArray()));
        open.clear();
      }
      if (target) {
        stretches.add("<|im_end|>");
      }
    }
    return stretches;
  }
}
