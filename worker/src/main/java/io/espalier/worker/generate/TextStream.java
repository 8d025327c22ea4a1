package io.espalier.worker.generate;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Makes text of tokens as they come. A token may be a part of a character: its bytes wait until the
 * character is whole, so that what is shown is never broken. What a token adds is found by decoding
 * a few tokens with and without it, because a tokenizer may join it to those before (vLLM does the
 * same).
 */
final class TextStream {
  /** What a tokenizer writes for bytes that are no character, or not yet. */
  private static final String BROKEN = "\uFFFD";

  private final Function<int[], String> decode;
  private final List<Integer> tokens = new ArrayList<>();

  /** Tokens from here on are decoded again; those up to {@link #shown} have been shown. */
  private int from;

  private int shown;

  TextStream(Function<int[], String> decode) {
    this.decode = decode;
  }

  /** The text that a token completes; empty while a character is incomplete. */
  String add(int token) {
    tokens.add(token);
    String text = decoded(tokens.size());
    return text.endsWith(BROKEN) ? "" : show(text);
  }

  /** What is left: bytes that no token has made a character of. */
  String end() {
    return show(decoded(tokens.size()));
  }

  private String show(String text) {
    String before = decoded(shown);
    from = shown;
    shown = tokens.size();
    return text.length() > before.length() ? text.substring(before.length()) : "";
  }

  private String decoded(int to) {
    return decode.apply(tokens.subList(from, to).stream().mapToInt(Integer::intValue).toArray());
  }
}
