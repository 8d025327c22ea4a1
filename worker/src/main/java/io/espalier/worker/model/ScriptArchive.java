package io.espalier.worker.model;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The zip that {@code torch.jit.load} reads (torch/csrc/jit/docs/serialization.md): a version, no
 * constants, a pickled module with its attributes, and the source.
 */
final class ScriptArchive {
  private static final byte[] NO_CONSTANTS = {(byte) 0x80, 2, ')', '.'};

  private ScriptArchive() {}

  /**
   * @param resources the source, in parts, beside this class
   * @param attributes the module's: an {@link Integer} is an int there, a {@link Double} a float
   */
  static byte[] of(List<String> resources, String className, Map<String, Number> attributes) {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      entry(zip, "m/version", "10\n".getBytes(StandardCharsets.US_ASCII));
      entry(zip, "m/constants.pkl", NO_CONSTANTS);
      entry(zip, "m/data.pkl", module(className, attributes));
      entry(zip, "m/code/__torch__.py", source(resources));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static byte[] source(List<String> resources) throws IOException {
    var source = new ByteArrayOutputStream();
    for (String resource : resources) {
      try (InputStream part = ScriptArchive.class.getResourceAsStream(resource)) {
        Objects.requireNonNull(part, resource).transferTo(source);
      }
    }
    return source.toByteArray();
  }

  /** Pickle, protocol 2: an object of {@code __torch__.<class>} and its attributes. */
  private static byte[] module(String className, Map<String, Number> attributes)
      throws IOException {
    var bytes = new ByteArrayOutputStream();
    var pickle = new DataOutputStream(bytes);
    pickle.write(new byte[] {(byte) 0x80, 2});
    pickle.writeBytes("c__torch__\n" + className + "\n");
    pickle.writeBytes(")");
    pickle.writeByte(0x81);
    pickle.writeBytes("}(");
    key(pickle, "training");
    pickle.writeByte(0x88);
    for (Map.Entry<String, Number> attribute : attributes.entrySet()) {
      key(pickle, attribute.getKey());
      if (attribute.getValue() instanceof Integer whole) {
        pickle.writeByte('J');
        pickle.writeInt(Integer.reverseBytes(whole));
      } else {
        pickle.writeByte('G');
        pickle.writeDouble(attribute.getValue().doubleValue());
      }
    }
    pickle.writeBytes("ub.");
    return bytes.toByteArray();
  }

  private static void key(DataOutputStream pickle, String name) throws IOException {
    pickle.writeByte('X');
    pickle.writeInt(Integer.reverseBytes(name.length()));
    pickle.writeBytes(name);
  }

  private static void entry(ZipOutputStream zip, String name, byte[] content) throws IOException {
    var crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
