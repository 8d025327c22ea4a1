package io.espalier.worker.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.data.ChatTokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextStreamTest {
  /** A token is a byte; bytes that are no character are U+FFFD each run, as in Java. */
  private static String bytes(int[] tokens) {
    var bytes = new ByteArrayOutputStream();
    for (int token : tokens) {
      bytes.write(token);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static List<String> pieces(byte[] bytes) {
    var stream = new TextStream(TextStreamTest::bytes);
    var pieces = new ArrayList<String>();
    for (byte one : bytes) {
      pieces.add(stream.add(one & 0xff));
    }
    pieces.add(stream.end());
    pieces.removeIf(String::isEmpty);
    return pieces;
  }

  @Test
  void a_character_of_several_tokens_is_shown_once_it_is_whole() {
    assertThat(pieces("a我é😀b".getBytes(StandardCharsets.UTF_8)))
        .containsExactly("a", "我", "é", "😀", "b");
  }

  @Test
  void bytes_that_never_become_a_character_are_shown_at_the_end_as_broken() {
    byte[] cut = {'a', (byte) 0xe6, (byte) 0x88};
    assertThat(String.join("", pieces(cut))).isEqualTo("a\uFFFD");
  }

  @Test
  void a_real_tokenizers_pieces_are_its_text() {
    String text = "I am 小枝 😀, “twig”.\n  你好！龘";
    try (ChatTokenizer tokenizer =
        ChatTokenizer.open(Path.of("../examples/models/tiny-qwen2")).orElseThrow()) {
      var stream = new TextStream(tokenizer::decode);
      var shown = new StringBuilder();
      for (int token : tokenizer.encode(text)) {
        String piece = stream.add(token);
        assertThat(piece).doesNotContain("\uFFFD");
        shown.append(piece);
      }
      assertThat(shown.append(stream.end())).hasToString(text);
    }
  }
}
