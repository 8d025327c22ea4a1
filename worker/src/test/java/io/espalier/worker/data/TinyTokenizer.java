package io.espalier.worker.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A byte-level BPE tokenizer with a ChatML template: tokens 0–255 are bytes, then 35 merges, then
 * the special tokens.
 */
final class TinyTokenizer {
  static final int VOCABULARY = 294;
  static final int IM_START = 292;
  static final int IM_END = 293;

  private TinyTokenizer() {}

  static Path directory() {
    try {
      return Path.of(TinyTokenizer.class.getResource("/data/tiny-tokenizer").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A copy without {@code tokenizer_config.json}. */
  static Path withoutTemplate(Path into) {
    try {
      Files.copy(directory().resolve("tokenizer.json"), into.resolve("tokenizer.json"));
      return into;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ChatTokenizer open() {
    return ChatTokenizer.open(directory()).orElseThrow();
  }
}
