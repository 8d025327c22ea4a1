package io.espalier.worker.model;

import java.util.Arrays;
import java.util.Optional;

/** The number formats of a safetensors file that the engine reads. */
enum StoredType {
  F32(4),
  F16(2),
  BF16(2);

  final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }

  /** By a safetensors file's word. */
  static Optional<StoredType> of(String dtype) {
    return Arrays.stream(values()).filter(type -> type.name().equals(dtype)).findFirst();
  }
}
