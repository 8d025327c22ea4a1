package io.espalier.common.spec;

import java.util.Optional;

/**
 * One key of the specification.
 *
 * @param path from the top, joined by dots: {@code training.learning_rate}
 * @param standard what holds when the key is left out, as it would be written; absent when nothing
 *     does or when {@code meaning} says how it follows from other keys
 * @param required whether a specification without it is refused
 * @param supported false for a key that is known but that this version does not do: then only
 *     {@code standard} may be written
 * @param meaning one line
 */
public record SpecKey(
    String path,
    ValueType type,
    Optional<String> standard,
    boolean required,
    boolean supported,
    String meaning) {

  /** The path's last part. */
  public String name() {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** The path without its last part; empty at the top. */
  public String section() {
    return path.contains(".") ? path.substring(0, path.lastIndexOf('.')) : "";
  }

  /** Whether a value, already known to fit the type, is one this version can do. */
  boolean does(String text) {
    return supported || standard.filter(s -> sameValue(s, text)).isPresent();
  }

  private static boolean sameValue(String left, String right) {
    return left.equals(right)
        || (ValueType.Decimal.isNumber(left)
            && ValueType.Decimal.isNumber(right)
            && Double.parseDouble(left) == Double.parseDouble(right));
  }
}
