package io.espalier.examples.basemodel;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes weights as a safetensors file in bfloat16. */
final class Bfloat16File {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Bfloat16File() {}

  static void write(Path file, List<Weight> weights) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    int end = 0;
    for (Weight weight : weights) {
      ObjectNode entry = header.putObject(weight.name()).put("dtype", "BF16");
      for (int size : weight.shape()) {
        entry.withArray("shape").add(size);
      }
      int start = end;
      end += 2 * ModelShape.elements(weight.shape());
      entry.putArray("data_offsets").add(start).add(end);
    }
    byte[] text = padded(JSON.writeValueAsString(header)).getBytes(StandardCharsets.UTF_8);
    var bytes = ByteBuffer.allocate(8 + text.length + end).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    for (Weight weight : weights) {
      for (float value : weight.values()) {
        bytes.putShort(bfloat16(value));
      }
    }
    Files.write(file, bytes.array());
  }

  /** The upper half of a float's bits, rounded to the nearest, ties to even. */
  static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    int rounding = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + rounding) >>> 16);
  }

  /** The format wants the values aligned to 8 bytes. */
  private static String padded(String header) {
    return header + " ".repeat((8 - header.length() % 8) % 8);
  }
}
