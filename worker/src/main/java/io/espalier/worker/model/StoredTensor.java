package io.espalier.worker.model;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where a tensor lies in a safetensors file.
 *
 * @param offset of its first byte in the file
 * @param length in bytes
 */
record StoredTensor(
    String name, StoredType type, long[] shape, Path file, long offset, long length) {

  long elements() {
    return length / type.bytes;
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, type, Arrays.toString(shape));
  }
}
