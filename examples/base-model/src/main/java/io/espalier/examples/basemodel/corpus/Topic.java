package io.espalier.examples.basemodel.corpus;

import java.util.Arrays;
import java.util.List;

/**
 * One subject in one language: every content can be asked for in each of the wordings and has one
 * answer.
 *
 * @param wordings questions with {@code {0}} and {@code {1}} where a content's parts go
 * @param answer the answer with the same places
 * @param contents parts of each thing that can be asked
 */
record Topic(List<String> wordings, String answer, List<List<String>> contents) {
  Topic {
    wordings = List.copyOf(wordings);
    contents = List.copyOf(contents);
  }

  /**
   * @param wordings one a line
   * @param contents separated by {@code ;} or line ends, their parts by {@code |}
   */
  static Topic of(String wordings, String answer, String contents) {
    var parts =
        Arrays.stream(contents.split("[;\n]"))
            .map(String::strip)
            .filter(content -> !content.isEmpty())
            .map(content -> Arrays.stream(content.split("\\|")).map(String::strip).toList())
            .toList();
    return new Topic(wordings.lines().toList(), answer, parts);
  }

  /** The same content in every wording. */
  List<Exchange> exchanges(List<String> content) {
    return wordings.stream()
        .map(wording -> new Exchange(fill(wording, content), fill(answer, content)))
        .toList();
  }

  private static String fill(String template, List<String> content) {
    String text = template;
    for (int i = 0; i < content.size(); i++) {
      text = text.replace("{" + i + "}", content.get(i));
    }
    return text;
  }
}
