package io.espalier.examples.basemodel.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Cuts text into the pieces inside which BPE may merge. Qwen's expression, after every Chinese
 * character and every full-width mark was cut out alone: no token then ends inside a character once
 * that character is a token, and a name is always written with its characters' own tokens.
 */
final class PreTokenizer {
  /** In the syntax of the tokenizers library (Oniguruma). */
  static final String ISOLATED = "[\\p{Han}\u3000-\u303f\uff00-\uffef]";

  /** As in Qwen2.5's tokenizer.json. */
  static final String QWEN =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final Pattern ISOLATED_IN_JAVA = Pattern.compile(ISOLATED.replace("Han", "IsHan"));
  private static final Pattern QWEN_IN_JAVA =
      Pattern.compile(QWEN, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);

  private PreTokenizer() {}

  static List<String> split(String text) {
    return split(ISOLATED_IN_JAVA, text).stream()
        .flatMap(part -> split(QWEN_IN_JAVA, part).stream())
        .toList();
  }

  /** The matches and what lies between them, in order. */
  private static List<String> split(Pattern pattern, String text) {
    var parts = new ArrayList<String>();
    int end = 0;
    for (MatchResult match : pattern.matcher(text).results().toList()) {
      if (match.start() > end) {
        parts.add(text.substring(end, match.start()));
      }
      parts.add(match.group());
      end = match.end();
    }
    if (end < text.length()) {
      parts.add(text.substring(end));
    }
    return parts;
  }
}
