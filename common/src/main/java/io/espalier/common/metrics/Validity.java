package io.espalier.common.metrics;

import java.nio.ByteBuffer;
import org.apache.arrow.vector.FieldVector;

/** Arrow's validity bits: which rows of a column have a value. */
final class Validity {
  private Validity() {}

  static ByteBuffer of(FieldVector vector, int rows) {
    return vector.getValidityBuffer().nioBuffer(0, (rows + 7) / 8);
  }

  static boolean has(ByteBuffer bits, int i) {
    return (bits.get(i >> 3) >> (i & 7) & 1) == 1;
  }

  static void mark(ByteBuffer bits, int i) {
    bits.put(i >> 3, (byte) (bits.get(i >> 3) | 1 << (i & 7)));
  }
}
