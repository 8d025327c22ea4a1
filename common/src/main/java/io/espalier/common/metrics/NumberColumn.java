package io.espalier.common.metrics;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.arrow.vector.BaseFixedWidthVector;

/**
 * A batch's column of numbers. Arrow looks at the whole buffer's state for each value; here that is
 * done once for the batch, and each value is only checked to lie inside. Valid as long as the
 * vector is.
 */
final class NumberColumn {
  private final String name;
  private final ByteBuffer values;
  private final ByteBuffer validity;

  /**
   * @param rows that the vector has room for
   * @throws IndexOutOfBoundsException when it has not
   */
  NumberColumn(BaseFixedWidthVector vector, int rows) {
    name = vector.getName();
    values = bytes(vector, rows);
    validity = Validity.of(vector, rows);
  }

  private static ByteBuffer bytes(BaseFixedWidthVector vector, int rows) {
    return vector
        .getDataBuffer()
        .nioBuffer(0, Math.multiplyExact(rows, vector.getTypeWidth()))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean has(int i) {
    return Validity.has(validity, i);
  }

  int getInt(int i) {
    require(i);
    return values.getInt(Integer.BYTES * i);
  }

  long getLong(int i) {
    require(i);
    return values.getLong(Long.BYTES * i);
  }

  double getDouble(int i) {
    require(i);
    return values.getDouble(Double.BYTES * i);
  }

  void setInt(int i, int value) {
    values.putInt(Integer.BYTES * i, value);
    Validity.mark(validity, i);
  }

  void setLong(int i, long value) {
    values.putLong(Long.BYTES * i, value);
    Validity.mark(validity, i);
  }

  void setDouble(int i, double value) {
    values.putDouble(Double.BYTES * i, value);
    Validity.mark(validity, i);
  }

  private void require(int i) {
    if (!has(i)) {
      throw new IllegalArgumentException("row %d has no %s".formatted(i, name));
    }
  }
}
