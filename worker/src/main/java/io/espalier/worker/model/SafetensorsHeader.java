package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.common.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The header of one safetensors file: 8 bytes of length, then JSON that names each tensor's type,
 * shape and place. It is foreign input: nothing in it is believed before it is checked.
 */
final class SafetensorsHeader {
  /** The format's own limit (safetensors, {@code MAX_HEADER_SIZE}). */
  private static final long LONGEST = 100_000_000;

  private static final ObjectMapper JSON = new ObjectMapper();
  private final Path file;
  private final long fileSize;
  private final long dataStart;

  private SafetensorsHeader(Path file, long fileSize, long dataStart) {
    this.file = file;
    this.fileSize = fileSize;
    this.dataStart = dataStart;
  }

  /**
   * The file's tensors by ascending place, also those of types that are not read: models come with
   * constants that nobody needs.
   */
  static List<StoredTensor> read(Path file) {
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size < 8) {
        throw broken(file, "has %d bytes; the header's length alone takes 8".formatted(size));
      }
      long length = readFully(file, channel, 0, 8).getLong();
      if (length < 2 || length > LONGEST || length > size - 8) {
        throw broken(file, "claims a header of %d bytes in a file of %d".formatted(length, size));
      }
      byte[] json = readFully(file, channel, 8, (int) length).array();
      return new SafetensorsHeader(file, size, 8 + length).tensors(JSON.readTree(json));
    } catch (IOException e) {
      throw new UserError(
          "%s cannot be read as safetensors: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static ByteBuffer readFully(Path file, FileChannel channel, long at, int length)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw broken(file, "ends within its header");
      }
    }
    return bytes.flip();
  }

  private List<StoredTensor> tensors(JsonNode header) {
    if (!header.isObject()) {
      throw broken(file, "has a header that is no JSON object");
    }
    var tensors = new ArrayList<StoredTensor>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        tensors.add(tensor(entry.getKey(), entry.getValue()));
      }
    }
    tensors.sort(Comparator.comparingLong(StoredTensor::offset));
    for (int i = 1; i < tensors.size(); i++) {
      StoredTensor before = tensors.get(i - 1);
      StoredTensor next = tensors.get(i);
      if (before.offset() + before.length() > next.offset()) {
        throw broken(file, "has overlapping tensors %s and %s".formatted(before, next));
      }
    }
    return List.copyOf(tensors);
  }

  private StoredTensor tensor(String name, JsonNode entry) {
    String dtype = entry.path("dtype").asText("none");
    long[] shape = longs(name, "shape", entry.path("shape"));
    long[] offsets = longs(name, "data_offsets", entry.path("data_offsets"));
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw broken(file, "%s: data_offsets must be [begin, end]".formatted(name));
    }
    long length = offsets[1] - offsets[0];
    if (offsets[1] > fileSize - dataStart) {
      throw broken(
          file,
          "is cut short: tensor %s ends at byte %d, the file has %d. Copy or download it again"
              .formatted(name, dataStart + offsets[1], fileSize));
    }
    StoredType.of(dtype).ifPresent(type -> requireLength(name, bytes(name, type, shape), length));
    return new StoredTensor(name, dtype, shape, file, dataStart + offsets[0], length);
  }

  private void requireLength(String name, long needed, long length) {
    if (length != needed) {
      throw broken(
          file,
          "%s: shape and type take %d bytes, data_offsets hold %d".formatted(name, needed, length));
    }
  }

  private long bytes(String name, StoredType type, long[] shape) {
    try {
      long bytes = type.bytes;
      for (long size : shape) {
        bytes = Math.multiplyExact(bytes, size);
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw new UserError("%s: the shape of %s is beyond 2^63 bytes".formatted(file, name), e);
    }
  }

  private long[] longs(String name, String key, JsonNode node) {
    if (!node.isArray()) {
      throw broken(file, "%s has no %s".formatted(name, key));
    }
    long[] values = new long[node.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = node.get(i);
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
        throw broken(file, "%s has %s %s".formatted(name, key, node));
      }
      values[i] = value.longValue();
    }
    return values;
  }

  private static UserError broken(Path file, String rest) {
    return new UserError("%s %s".formatted(file, rest));
  }
}
