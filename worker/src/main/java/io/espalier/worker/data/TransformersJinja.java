package io.espalier.worker.data;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.lib.tag.Tag;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TagNode;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What transformers adds to Jinja for chat templates, or Python does otherwise than jinjava. */
final class TransformersJinja {
  /**
   * What {@code strftime_now} tells: the day that Llama's templates fall back to. Today's would
   * make other rows of the same data tomorrow, and on a worker in another time zone.
   */
  private static final LocalDateTime NOW = LocalDate.of(2024, 7, 26).atStartOfDay();

  private TransformersJinja() {}

  static void extend(Jinjava jinjava) {
    Context global = jinjava.getGlobalContext();
    global.registerTag(new Generation());
    global.registerFilter(new Replaced("tojson", PythonJson::text));
    global.registerFilter(
        new Replaced("trim", value -> PythonStrings.strip(String.valueOf(value))));
    for (var function :
        new ELFunctionDefinition[] {
          new ELFunctionDefinition(
              "", "raise_exception", TransformersJinja.class, "raiseException", String.class),
          new ELFunctionDefinition(
              "", "strftime_now", TransformersJinja.class, "strftimeNow", String.class)
        }) {
      global.registerFunction(function);
    }
  }

  /** What templates call to refuse a dialogue. */
  public static String raiseException(String message) {
    throw new Refusal(message);
  }

  /** A template's own words. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super(message);
    }
  }

  /** Python's {@code datetime.strftime}, in English; a code it does not know stays as it is. */
  public static String strftimeNow(String format) {
    var text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      if (format.charAt(i) != '%' || i + 1 == format.length()) {
        text.append(format.charAt(i));
      } else {
        text.append(part(format.charAt(++i)));
      }
    }
    return text.toString();
  }

  private static String part(char code) {
    return switch (code) {
      case 'Y' -> written("yyyy");
      case 'y' -> written("yy");
      case 'm' -> written("MM");
      case 'd' -> written("dd");
      case 'H' -> written("HH");
      case 'I' -> written("hh");
      case 'M' -> written("mm");
      case 'S' -> written("ss");
      case 'p' -> written("a");
      case 'j' -> written("DDD");
      case 'B' -> NOW.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'b' -> NOW.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> NOW.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> NOW.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case '%' -> "%";
      default -> "%" + code;
    };
  }

  private static String written(String pattern) {
    return NOW.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
  }

  /** Marks the assistant's part for transformers; the text is what stands in it. */
  private static final class Generation implements Tag {
    private static final long serialVersionUID = 1L;

    @Override
    public String getName() {
      return "generation";
    }

    @Override
    public String getEndTagName() {
      return "endgeneration";
    }

    @Override
    public String interpret(TagNode tag, JinjavaInterpreter interpreter) {
      var text = new StringBuilder();
      for (Node child : tag.getChildren()) {
        text.append(child.render(interpreter));
      }
      return text.toString();
    }
  }

  private record Replaced(String name, UnaryOperator<@Nullable Object> filter) implements Filter {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public @Nullable Object filter(
        @Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
      return filter.apply(value);
    }
  }
}
