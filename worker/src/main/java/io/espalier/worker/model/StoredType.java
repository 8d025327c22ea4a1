package io.espalier.worker.model;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/** The number formats of a safetensors file that the engine reads. */
enum StoredType {
  F32(4),
  F16(2),
  BF16(2);

  private static final SmallFloat HALF = new SmallFloat(10);
  private static final SmallFloat BRAIN = new SmallFloat(7);

  final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /** By a safetensors file's word. */
  static Optional<StoredType> of(String dtype) {
    return Arrays.stream(values()).filter(type -> type.name().equals(dtype)).findFirst();
  }

  /**
   * The number at a place.
   *
   * @param at in bytes
   */
  double get(ByteBuffer from, int at) {
    return switch (this) {
      case F32 -> from.getFloat(at);
      case F16 -> HALF.value(from.getShort(at));
      case BF16 -> BRAIN.value(from.getShort(at));
    };
  }

  /**
   * Puts the nearest number at a place; of two equally near the even one.
   *
   * @param at in bytes
   */
  void put(ByteBuffer to, int at, double value) {
    switch (this) {
      case F32 -> to.putFloat(at, (float) value);
      case F16 -> to.putShort(at, HALF.bits(value));
      case BF16 -> to.putShort(at, BRAIN.bits(value));
    }
  }
}
