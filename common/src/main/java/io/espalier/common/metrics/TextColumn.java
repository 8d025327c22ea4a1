package io.espalier.common.metrics;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.apache.arrow.vector.VarCharVector;
import org.jspecify.annotations.Nullable;

/**
 * A batch's column of texts, read by {@link #get} or filled by {@link #set} and {@link #finish}.
 * Neighbouring rows mostly repeat a text: it is encoded and parsed once.
 */
final class TextColumn<T> {
  private final VarCharVector vector;
  private final int rows;
  private final Function<String, T> parse;
  private byte[] bytes = {};
  private @Nullable T last;
  private @Nullable Stored stored;
  private byte @Nullable [][] texts;

  /** What the vector holds. */
  private record Stored(ByteBuffer offsets, ByteBuffer bytes, ByteBuffer validity) {
    static Stored of(VarCharVector vector, int rows) {
      return new Stored(
          vector
              .getOffsetBuffer()
              .nioBuffer(0, Math.multiplyExact(Integer.BYTES, rows + 1))
              .order(ByteOrder.LITTLE_ENDIAN),
          vector.getDataBuffer().nioBuffer(0, Math.toIntExact(vector.getDataBuffer().capacity())),
          Validity.of(vector, rows));
    }
  }

  TextColumn(VarCharVector vector, int rows, Function<String, T> parse) {
    this.vector = vector;
    this.rows = rows;
    this.parse = parse;
  }

  boolean has(int i) {
    return Validity.has(stored().validity(), i);
  }

  /**
   * @throws IllegalArgumentException when there is none, or when it lies outside its bytes
   */
  T get(int i) {
    if (!has(i)) {
      throw new IllegalArgumentException("row %d has no %s".formatted(i, vector.getName()));
    }
    int start = stored().offsets().getInt(Integer.BYTES * i);
    int end = stored().offsets().getInt(Integer.BYTES * (i + 1));
    if (start < 0 || end < start || end > stored().bytes().capacity()) {
      throw new IllegalArgumentException("a text lies outside its bytes");
    }
    T value = last;
    if (value == null || !isLast(start, end)) {
      bytes = new byte[end - start];
      stored().bytes().get(start, bytes);
      value = parse.apply(new String(bytes, StandardCharsets.UTF_8));
      last = value;
    }
    return value;
  }

  void set(int i, T value) {
    if (texts == null) {
      texts = new byte[rows][];
    }
    if (!value.equals(last)) {
      bytes = value.toString().getBytes(StandardCharsets.UTF_8);
      last = value;
    }
    texts[i] = bytes;
  }

  /** Gives the vector what was set; rows that were not have no text. */
  void finish() {
    byte[][] given = texts == null ? new byte[rows][] : texts;
    long size = 0;
    for (byte[] text : given) {
      size += text == null ? 0 : text.length;
    }
    vector.allocateNew(size, rows);
    Stored room = Stored.of(vector, rows);
    int end = 0;
    for (int i = 0; i < rows; i++) {
      room.offsets().putInt(Integer.BYTES * i, end);
      if (given[i] != null) {
        room.bytes().put(end, given[i]);
        Validity.mark(room.validity(), i);
        end += given[i].length;
      }
    }
    room.offsets().putInt(Integer.BYTES * rows, end);
    vector.setLastSet(rows - 1);
  }

  private boolean isLast(int start, int end) {
    if (end - start != bytes.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (stored().bytes().get(start + i) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private Stored stored() {
    if (stored == null) {
      stored = Stored.of(vector, rows);
    }
    return stored;
  }
}
