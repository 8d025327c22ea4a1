package io.espalier.worker.data;

import io.espalier.common.UserError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code dataset.replace}: writes values where rows have {@code {{NAME}}}. Of a pair the first
 * serves rows tagged zh, the second those tagged en.
 */
final class Placeholders {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^{}\\s]+)}}");

  /** What ms-swift's self-cognition sets leave open; never meant as text. */
  private static final Set<String> MUST_BE_REPLACED = Set.of("NAME", "AUTHOR");

  private final Map<String, List<String>> values;

  Placeholders(Map<String, List<String>> values) {
    this.values = values;
    values.forEach(
        (key, pair) -> {
          if (pair.isEmpty() || pair.size() > 2) {
            throw new UserError(
                "dataset.replace.%s: expected one value or a pair [zh, en], found %d values"
                    .formatted(key, pair.size()));
          }
        });
  }

  /**
   * @throws UserError when NAME or AUTHOR has no value: no row can be right then
   * @throws BadRow when a pair's value cannot be chosen by this row's tag
   */
  Row.Dialogue replaceIn(Row.Dialogue row) throws BadRow {
    var put = new LinkedHashSet<String>();
    var messages = new ArrayList<Message>();
    for (Message message : row.messages()) {
      messages.add(message.with(replaceIn(message.content(), row.tag(), put)));
    }
    String answer = messages.get(messages.size() - 1).content();
    return new Row.Dialogue(messages, row.tag(), put.stream().filter(answer::contains).toList());
  }

  /** The same for a text that is learnt whole. */
  String replaceIn(Row.Text row) throws BadRow {
    return replaceIn(row.text(), row.tag(), new LinkedHashSet<>());
  }

  private String replaceIn(String text, Optional<String> tag, Set<String> put) throws BadRow {
    if (!text.contains("{{")) {
      return text;
    }
    Matcher matcher = PLACEHOLDER.matcher(text);
    var replaced = new StringBuilder();
    while (matcher.find()) {
      String key = matcher.group(1);
      List<String> pair = values.get(key);
      if (pair != null) {
        String value = chosen(key, pair, tag.orElse(""));
        put.add(value);
        matcher.appendReplacement(replaced, Matcher.quoteReplacement(value));
      } else if (MUST_BE_REPLACED.contains(key)) {
        throw new UserError(
            "{{%1$s}} has no value; add dataset.replace: {%1$s: …}%2$s".formatted(key, present()));
      }
    }
    return matcher.appendTail(replaced).toString();
  }

  private String present() {
    return values.isEmpty()
        ? ""
        : " (it has %s only)".formatted(String.join(", ", new TreeSet<>(values.keySet())));
  }

  private static String chosen(String key, List<String> pair, String tag) throws BadRow {
    if (pair.size() == 1) {
      return pair.get(0);
    }
    return switch (tag) {
      case "zh" -> pair.get(0);
      case "en" -> pair.get(1);
      default ->
          throw new BadRow(
              "{{%s}} has a value for zh and one for en, but the row's tag is %s; tag it zh or en"
                  .formatted(key, tag.isEmpty() ? "missing" : "'" + tag + "'"));
    };
  }
}
