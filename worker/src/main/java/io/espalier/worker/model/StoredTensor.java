package io.espalier.worker.model;

import io.espalier.common.UserError;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Where a tensor lies in a safetensors file.
 *
 * @param dtype the file's word for its number format, perhaps one that is not read
 * @param offset of its first byte in the file
 * @param length in bytes
 */
record StoredTensor(String name, String dtype, long[] shape, Path file, long offset, long length) {

  /**
   * Its number format.
   *
   * @throws UserError when it is not one that is read
   */
  StoredType type() {
    return StoredType.of(dtype)
        .orElseThrow(
            () ->
                new UserError(
                    "%s %s has dtype %s; supported are F32, F16 and BF16"
                        .formatted(file, name, dtype)));
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, dtype, Arrays.toString(shape));
  }
}
