package io.espalier.worker.model;

/** The number formats of a safetensors file that the engine reads. */
enum StoredType {
  F32(4),
  F16(2),
  BF16(2);

  final int bytes;

  StoredType(int bytes) {
    this.bytes = bytes;
  }
}
