package io.espalier.coordinator.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Text in HTML, and the parts every report has. */
final class Html {
  private Html() {}

  /** Safe as content and as an attribute's value in double quotes. */
  static String escape(String text) {
    var safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(c);
              }
            });
    return safe.toString();
  }

  /** {@code <tag>escaped text</tag>}. */
  static String element(String tag, String text) {
    return "<%s>%s</%s>".formatted(tag, escape(text), tag);
  }

  /** A text of the class path, there in every build. */
  static String resource(String path) {
    try (InputStream in =
        Objects.requireNonNull(Html.class.getResourceAsStream(path), path + " is missing")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
