package io.espalier.common.spec;

import io.espalier.common.UserError;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Typed access to values of {@code training} as written; defaults come from the table of keys. */
record WrittenTraining(Map<String, String> texts) {

  /**
   * @throws UserError when the value does not fit its key
   */
  String text(String name) {
    SpecKey key = SpecKeys.get(SpecKeys.TRAINING + name);
    String text =
        Optional.ofNullable(texts.get(name))
            .or(key::standard)
            .orElseThrow(() -> new IllegalArgumentException(name + " has no value"));
    Optional<String> problem = key.type().problem(text);
    if (problem.isPresent() || !key.does(text)) {
      throw new UserError(
          "%s: %s %s; expected %s; correct it"
              .formatted(
                  key.path(),
                  text,
                  problem.orElse("is something this version cannot do yet"),
                  key.type().expected()));
    }
    return text;
  }

  double decimal(String name) {
    return Double.parseDouble(text(name));
  }

  int whole(String name) {
    return Integer.parseInt(text(name));
  }

  boolean flag(String name) {
    return Boolean.parseBoolean(text(name));
  }

  <E extends Enum<E>> E constant(Class<E> type, String name) {
    return Enum.valueOf(type, text(name).toUpperCase(Locale.ROOT));
  }

  <T> Map<String, T> pattern(String name, Function<String, T> number) {
    var pattern = new LinkedHashMap<String, T>();
    for (String pair : ValueType.Pairs.split(text(name))) {
      int colon = pair.indexOf(':');
      pattern.put(
          pair.substring(0, colon).strip(), number.apply(pair.substring(colon + 1).strip()));
    }
    return pattern;
  }

  /** In the order written: the first that matches a module counts. */
  static String patternText(Map<String, ?> pattern) {
    return pattern.isEmpty()
        ? ValueType.Pairs.NONE
        : pattern.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}
