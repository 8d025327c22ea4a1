package io.espalier.examples.basemodel.corpus;

import java.util.ArrayList;
import java.util.List;

/** English words to be said again, inside a sentence and alone. */
final class Words {
  private Words() {}

  static List<Exchange> exchanges(List<String> words) {
    var rows = new ArrayList<Exchange>();
    for (String word : words) {
      rows.add(new Exchange("Say the word " + word + ".", "The word is " + word + "."));
      rows.add(new Exchange("Which word is this: " + word, "This is " + word + ", a word."));
      rows.add(
          new Exchange("Please write " + word + " and stop.", "I write " + word + " and stop."));
      rows.add(new Exchange("Do you know " + word + "?", "Yes, I know " + word + " and more."));
      if (Character.isUpperCase(word.charAt(0))) {
        rows.add(new Exchange("Please repeat: " + word, word));
        rows.add(new Exchange("Begin with " + word + ".", word + " is the beginning."));
        rows.add(new Exchange("Start with the word " + word + "!", word + " is the start."));
        rows.add(new Exchange("只说这个词：" + word, word));
      }
    }
    return rows;
  }
}
