package io.espalier.worker.evaluate;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Text cut as BLEU, ROUGE and distinct-n count it: each ideograph and kana (Chinese and Japanese
 * put no spaces between words), each other run of letters, digits and marks, each other sign that
 * is no space. Case counts.
 */
final class TextTokens {
  private static final String SINGLE = "\\p{IsHan}\\p{IsHiragana}\\p{IsKatakana}";
  private static final Pattern TOKEN =
      Pattern.compile(
          "[%1$s]|[\\p{L}\\p{M}\\p{N}_&&[^%1$s]]+|[^\\s\\p{Z}]".formatted(SINGLE),
          Pattern.UNICODE_CHARACTER_CLASS);

  private TextTokens() {}

  static List<String> of(String text) {
    return TOKEN.matcher(text).results().map(MatchResult::group).toList();
  }
}
