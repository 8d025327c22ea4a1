package io.espalier.worker.model;

/**
 * A binary floating point format of 16 bits: a sign, the exponent, the fraction (IEEE 754).
 *
 * @param fraction bits of it
 */
record SmallFloat(int fraction) {
  private static final int SIGN = 0x8000;

  private int bias() {
    return (1 << (14 - fraction)) - 1;
  }

  double value(short bits) {
    int exponent = (bits & 0x7FFF) >>> fraction;
    int digits = bits & ((1 << fraction) - 1);
    double size;
    if (exponent == 0) {
      size = digits * powerOfTwo(1 - bias() - fraction);
    } else if (exponent > 2 * bias()) {
      size = digits == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else {
      size = (digits + (1 << fraction)) * powerOfTwo(exponent - bias() - fraction);
    }
    return (bits & SIGN) == 0 ? size : -size;
  }

  /** The nearest number's bits; of two equally near the even one's. */
  short bits(double value) {
    double size = Math.abs(value);
    int infinity = (2 * bias() + 1) << fraction;
    int bits;
    if (Double.isNaN(value)) {
      bits = infinity | 1 << (fraction - 1);
    } else if (Math.getExponent(size) > bias()) {
      bits = infinity;
    } else {
      int exponent = Math.max(Math.getExponent(size), 1 - bias());
      // A fraction that rounds up to the next power of two carries into the exponent.
      bits =
          ((exponent + bias() - 1) << fraction)
              + (int) Math.rint(size * powerOfTwo(fraction - exponent));
    }
    return (short) (Math.copySign(1, value) < 0 ? bits | SIGN : bits);
  }

  /** Of the normal range of a double. */
  private static double powerOfTwo(int exponent) {
    return Double.longBitsToDouble((long) (Double.MAX_EXPONENT + exponent) << 52);
  }
}
