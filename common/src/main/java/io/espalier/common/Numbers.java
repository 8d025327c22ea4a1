package io.espalier.common;

import java.math.BigDecimal;
import java.math.MathContext;

/** Numbers as people read them in tables and sentences: four digits, no padding. */
public final class Numbers {
  private static final MathContext DIGITS = new MathContext(4);
  private static final MathContext FEW_DIGITS = new MathContext(2);

  private Numbers() {}

  /** {@code 0.2041}, {@code 1.0E-4} as {@code 1e-4}, {@code NaN}, {@code ∞}. */
  public static String text(double value) {
    return text(value, DIGITS);
  }

  /** The same in two digits: how far something varies. */
  public static String brief(double value) {
    return text(value, FEW_DIGITS);
  }

  private static String text(double value, MathContext digits) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "-∞";
    }
    var rounded = new BigDecimal(value).round(digits).stripTrailingZeros();
    int exponent = rounded.precision() - rounded.scale() - 1;
    if (rounded.signum() == 0) {
      return "0";
    }
    return exponent >= -3 && exponent < 7
        ? rounded.toPlainString()
        : rounded.movePointLeft(exponent).stripTrailingZeros().toPlainString() + "e" + exponent;
  }

  /** Whether a text is a finite number. */
  public static boolean isNumber(String text) {
    try {
      return Double.isFinite(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** A time: {@code 1:05}, {@code 2:00:07}. */
  public static String clock(long seconds) {
    return seconds < 3600
        ? "%d:%02d".formatted(seconds / 60, seconds % 60)
        : "%d:%02d:%02d".formatted(seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
}
