package io.espalier.worker.data;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import java.beans.FeatureDescriptor;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import jinjava.javax.el.CompositeELResolver;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/** Gives texts in chat templates the methods of Python's {@code str} that templates call. */
final class PythonStrings extends ELResolver {

  /** Jinjava's own resolution, with these methods before it. */
  static ELResolver beforeJinjava() {
    var resolver = new CompositeELResolver();
    resolver.add(new PythonStrings());
    resolver.add(JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY);
    return resolver;
  }

  @Override
  public @Nullable Object invoke(
      ELContext context,
      @Nullable Object base,
      Object method,
      Class<?> @Nullable [] types,
      Object @Nullable [] arguments) {
    if (!(base instanceof String text) || arguments == null || arguments.length > 1) {
      return null;
    }
    Object result =
        arguments.length == 0 ? call(text, method) : call(text, method, arguments[0].toString());
    if (result != null) {
      context.setPropertyResolved(true);
    }
    return result;
  }

  private static @Nullable Object call(String text, Object method) {
    return switch (method.toString()) {
      case "strip" -> strip(text);
      case "lstrip" -> stripLeading(text, PythonStrings::isSpace);
      case "rstrip" -> stripTrailing(text, PythonStrings::isSpace);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "capitalize" ->
          text.isEmpty()
              ? text
              : text.substring(0, 1).toUpperCase(Locale.ROOT)
                  + text.substring(1).toLowerCase(Locale.ROOT);
      default -> null;
    };
  }

  private static String title(String text) {
    var titled = new StringBuilder();
    boolean inWord = false;
    for (int character : text.codePoints().toArray()) {
      titled.appendCodePoint(
          inWord ? Character.toLowerCase(character) : Character.toTitleCase(character));
      inWord = Character.isLetter(character);
    }
    return titled.toString();
  }

  private static @Nullable Object call(String text, Object method, String argument) {
    return switch (method.toString()) {
      case "startswith" -> text.startsWith(argument);
      case "endswith" -> text.endsWith(argument);
      case "strip" -> stripTrailing(stripLeading(text, among(argument)), among(argument));
      case "lstrip" -> stripLeading(text, among(argument));
      case "rstrip" -> stripTrailing(text, among(argument));
      case "split" -> List.of(Pattern.compile(argument, Pattern.LITERAL).split(text, -1));
      default -> null;
    };
  }

  /** {@code str.strip()}. */
  static String strip(String text) {
    return stripTrailing(stripLeading(text, PythonStrings::isSpace), PythonStrings::isSpace);
  }

  /** {@code str.isspace()}: unlike Java's, the next line and spaces that break no line too. */
  private static boolean isSpace(int character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == '\u0085';
  }

  private static IntPredicate among(String characters) {
    return character -> characters.indexOf(character) >= 0;
  }

  private static String stripLeading(String text, IntPredicate stripped) {
    int start = 0;
    while (start < text.length() && stripped.test(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  private static String stripTrailing(String text, IntPredicate stripped) {
    int end = text.length();
    while (end > 0 && stripped.test(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  @Override
  public @Nullable Object getValue(ELContext context, @Nullable Object base, Object property) {
    return null;
  }

  @Override
  public @Nullable Class<?> getType(ELContext context, @Nullable Object base, Object property) {
    return null;
  }

  @Override
  public void setValue(ELContext context, @Nullable Object base, Object property, Object value) {}

  @Override
  public boolean isReadOnly(ELContext context, @Nullable Object base, Object property) {
    return true;
  }

  @Override
  public Iterator<FeatureDescriptor> getFeatureDescriptors(
      ELContext context, @Nullable Object base) {
    return Collections.emptyIterator();
  }

  @Override
  public @Nullable Class<?> getCommonPropertyType(ELContext context, @Nullable Object base) {
    return null;
  }
}
