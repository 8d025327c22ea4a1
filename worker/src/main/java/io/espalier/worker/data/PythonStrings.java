package io.espalier.worker.data;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import java.beans.FeatureDescriptor;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
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
      case "strip" -> text.strip();
      case "lstrip" -> text.stripLeading();
      case "rstrip" -> text.stripTrailing();
      default -> null;
    };
  }

  private static @Nullable Object call(String text, Object method, String argument) {
    return switch (method.toString()) {
      case "startswith" -> text.startsWith(argument);
      case "endswith" -> text.endsWith(argument);
      case "strip" -> stripTrailing(stripLeading(text, argument), argument);
      case "lstrip" -> stripLeading(text, argument);
      case "rstrip" -> stripTrailing(text, argument);
      case "split" -> List.of(Pattern.compile(argument, Pattern.LITERAL).split(text, -1));
      default -> null;
    };
  }

  private static String stripLeading(String text, String characters) {
    int start = 0;
    while (start < text.length() && characters.indexOf(text.charAt(start)) >= 0) {
      start++;
    }
    return text.substring(start);
  }

  private static String stripTrailing(String text, String characters) {
    int end = text.length();
    while (end > 0 && characters.indexOf(text.charAt(end - 1)) >= 0) {
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
