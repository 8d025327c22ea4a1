package io.espalier.common.spec;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the value of a key may be. Numbers and switches are written as YAML 1.2 has them. */
public sealed interface ValueType {
  /** The words after "expected": {@code a number above 0}. */
  String expected();

  /** What is wrong with a value as written, without its expectation; empty when it fits. */
  Optional<String> problem(String text);

  /** A value this type knows the name of, but this version cannot do. */
  default boolean later(String text) {
    return false;
  }

  /** A finite number between two bounds. */
  record Decimal(double low, boolean lowIncluded, double high, boolean highIncluded)
      implements ValueType {
    private static final Pattern WRITTEN =
        Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

    /** Without bounds. */
    static final Decimal ANY = new Decimal(-Double.MAX_VALUE, true, Double.MAX_VALUE, true);

    static Decimal above(double low) {
      return new Decimal(low, false, Double.MAX_VALUE, true);
    }

    static Decimal atLeast(double low) {
      return new Decimal(low, true, Double.MAX_VALUE, true);
    }

    /** From 0 up to, but without, 1. */
    static Decimal share() {
      return new Decimal(0, true, 1, false);
    }

    /** Whether the text is a number of YAML 1.2, whatever its size. */
    static boolean isNumber(String text) {
      return WRITTEN.matcher(text).matches();
    }

    @Override
    public String expected() {
      if (equals(ANY)) {
        return "a number";
      }
      String from = "a number " + (lowIncluded ? "from " : "above ") + plain(low);
      return high == Double.MAX_VALUE
          ? from + (lowIncluded ? " up" : "")
          : from + (highIncluded ? " to " : " and below ") + plain(high);
    }

    @Override
    public Optional<String> problem(String text) {
      if (!isNumber(text)) {
        return Optional.of("is not a number");
      }
      double value = Double.parseDouble(text);
      boolean fits =
          Double.isFinite(value)
              && (lowIncluded ? value >= low : value > low)
              && (highIncluded ? value <= high : value < high);
      return fits ? Optional.empty() : Optional.of("is out of range");
    }

    private static String plain(double bound) {
      return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
  }

  /** A whole number between two bounds, both included, or one of a few words. */
  record Whole(long low, long high, List<String> words) implements ValueType {
    private static final Pattern WRITTEN = Pattern.compile("[-+]?[0-9]+");

    public Whole {
      words = List.copyOf(words);
    }

    static Whole between(long low, long high) {
      return new Whole(low, high, List.of());
    }

    @Override
    public String expected() {
      String range =
          high == Long.MAX_VALUE
              ? "a whole number from " + low + " up"
              : "a whole number from " + low + " to " + high;
      return words.isEmpty() ? range : range + ", or " + String.join(" or ", words);
    }

    @Override
    public Optional<String> problem(String text) {
      if (words.contains(text)) {
        return Optional.empty();
      }
      if (!WRITTEN.matcher(text).matches()) {
        return Optional.of("is not a whole number");
      }
      try {
        long value = Long.parseLong(text);
        return value >= low && value <= high ? Optional.empty() : Optional.of("is out of range");
      } catch (NumberFormatException tooLong) {
        return Optional.of("is out of range");
      }
    }
  }

  /** A switch. */
  record Flag() implements ValueType {
    @Override
    public String expected() {
      return "true or false";
    }

    @Override
    public Optional<String> problem(String text) {
      return text.equals("true") || text.equals("false")
          ? Optional.empty()
          : Optional.of("is neither true nor false");
    }
  }

  /**
   * One of a few words.
   *
   * @param later words the design knows and this version does not do
   */
  record Choice(List<String> values, List<String> later) implements ValueType {
    public Choice {
      values = List.copyOf(values);
      later = List.copyOf(later);
    }

    static Choice of(String... values) {
      return new Choice(List.of(values), List.of());
    }

    Choice orLater(String... words) {
      return new Choice(values, List.of(words));
    }

    @Override
    public String expected() {
      return String.join(" or ", values);
    }

    @Override
    public boolean later(String text) {
      return later.contains(text);
    }

    @Override
    public Optional<String> problem(String text) {
      return values.contains(text) ? Optional.empty() : Optional.of("is not known");
    }
  }

  /** Free text of a certain form. */
  record Text(String form, String expected) implements ValueType {
    @Override
    public Optional<String> problem(String text) {
      return text.matches(form) ? Optional.empty() : Optional.of("has the wrong form");
    }
  }

  /** One value or several of the same type; as text they are joined by commas. */
  record Several(ValueType each) implements ValueType {
    @Override
    public String expected() {
      return "one or a list of: " + each.expected();
    }

    @Override
    public boolean later(String text) {
      return split(text).stream().anyMatch(each::later);
    }

    @Override
    public Optional<String> problem(String text) {
      return split(text).stream().flatMap(one -> each.problem(one).stream()).findFirst();
    }

    static List<String> split(String text) {
      return Arrays.stream(text.split(",", -1)).map(String::strip).toList();
    }
  }

  /** Names with a value each, a mapping; as text {@code a: 1, b: 2}, or {@code {}} for none. */
  record Pairs(ValueType each) implements ValueType {
    static final String NONE = "{}";
    private static final Pattern WRITTEN = Pattern.compile("([A-Za-z0-9_.-]+):\\s*(.+)");

    @Override
    public String expected() {
      return "names of modules with a value each: " + each.expected();
    }

    @Override
    public Optional<String> problem(String text) {
      return split(text).stream().flatMap(pair -> problemOf(pair).stream()).findFirst();
    }

    private Optional<String> problemOf(String pair) {
      var written = WRITTEN.matcher(pair);
      return written.matches() ? each.problem(written.group(2)) : Optional.of("is no pair");
    }

    static List<String> split(String text) {
      return text.equals(NONE) ? List.of() : Several.split(text);
    }
  }

  /** A path, list or mapping, which the reader takes apart itself. */
  record Structure(String expected) implements ValueType {
    @Override
    public Optional<String> problem(String text) {
      return Optional.empty();
    }
  }

  /**
   * Keys of its own below it.
   *
   * @param canBeOff whether it may be switched off by the word {@code off}
   */
  record Section(boolean canBeOff) implements ValueType {
    @Override
    public String expected() {
      return canBeOff ? "keys below it, {} for its defaults, or off" : "keys below it";
    }

    @Override
    public Optional<String> problem(String text) {
      return canBeOff && (text.equals("off") || text.equals("none"))
          ? Optional.empty()
          : Optional.of("is one value");
    }
  }
}
