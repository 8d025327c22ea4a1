package io.espalier.examples.basemodel.corpus;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What the answers of the fine-tuning examples are written with. Only single characters and words
 * get into the pre-training text, never a sentence.
 *
 * @param characters Chinese characters, each once
 * @param words English words
 * @param names what the placeholders stand for
 */
public record Alphabet(String characters, List<String> words, List<String> names) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z]+");
  private static final Pattern HAN = Pattern.compile("\\p{IsHan}");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{\\w+}}");

  public Alphabet {
    words = List.copyOf(words);
    names = List.copyOf(names);
  }

  /**
   * @param texts answers with their {@code {{PLACEHOLDERS}}}
   * @param names what the placeholders stand for
   */
  public static Alphabet of(Collection<String> texts, List<String> names) {
    var characters = new TreeSet<String>();
    var words = new TreeSet<String>();
    for (String text : texts) {
      String plain = PLACEHOLDER.matcher(text).replaceAll(" ");
      WORD.matcher(plain).results().forEach(match -> words.add(match.group()));
      HAN.matcher(plain).results().forEach(match -> characters.add(match.group()));
    }
    names.forEach(
        name -> HAN.matcher(name).results().forEach(match -> characters.add(match.group())));
    return new Alphabet(String.join("", characters), List.copyOf(words), names);
  }
}
