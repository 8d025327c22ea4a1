package io.espalier.worker.checkpoint;

import static io.espalier.worker.checkpoint.CheckpointFile.broken;
import static io.espalier.worker.checkpoint.CheckpointFile.readFully;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The bytes of a checkpoint. The header begins with format, version and hash, in this order and
 * without a space, so that the hash's place is known before anything is believed.
 */
final class CheckpointBytes {
  static final String WEIGHTS = "weights";
  static final String FIRST_MOMENTS = "first_moments";
  static final String SECOND_MOMENTS = "second_moments";
  static final String BEST_WEIGHTS = "best_weights";
  static final String MUST_AGREE = "must_agree";
  static final String STANDING = "standing";

  private static final int VERSION = 1;
  private static final String BEFORE_VERSION =
      "{\"__metadata__\":{\"format\":\"espalier-checkpoint\",\"version\":\"";
  private static final String BEFORE_HASH = BEFORE_VERSION + VERSION + "\",\"sha256\":\"";
  private static final String NO_HASH = "0".repeat(64);
  private static final int HASH_AT = 8 + BEFORE_HASH.length();
  private static final int CHUNK = 1 << 20;

  private CheckpointBytes() {}

  /** Writes the file; does not flush it. */
  static void write(Path file, Fingerprint fingerprint, BranchState state) throws IOException {
    Map<String, float[]> vectors = new LinkedHashMap<>();
    vectors.put(WEIGHTS, state.weights());
    vectors.put(FIRST_MOMENTS, state.firstMoments());
    vectors.put(SECOND_MOMENTS, state.secondMoments());
    vectors.put(BEST_WEIGHTS, state.bestWeights());
    vectors.replaceAll((name, values) -> isZero(values) ? new float[0] : values);
    vectors.put(WEIGHTS, state.weights());
    MessageDigest digest = Fingerprint.sha256();
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      put(channel, digest, header(fingerprint, state.standing(), vectors));
      for (float[] values : vectors.values()) {
        put(channel, digest, values);
      }
      channel.write(ByteBuffer.wrap(hex(digest).getBytes(UTF_8)), HASH_AT);
    }
  }

  /** Optimizers without a moment keep zeros for it. */
  private static boolean isZero(float[] values) {
    for (float value : values) {
      if (Float.floatToRawIntBits(value) != 0) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer header(
      Fingerprint fingerprint, Standing standing, Map<String, float[]> vectors) throws IOException {
    var text = new StringBuilder(BEFORE_HASH).append(NO_HASH).append('"');
    text.append(metadata(MUST_AGREE, fingerprint)).append(metadata(STANDING, standing)).append('}');
    long at = 0;
    for (Map.Entry<String, float[]> vector : vectors.entrySet()) {
      long end = at + 4L * vector.getValue().length;
      text.append(
          ",\"%s\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[%d,%d]}"
              .formatted(vector.getKey(), vector.getValue().length, at, end));
      at = end;
    }
    text.append('}');
    // The format pads the header with spaces so that the data is aligned to 8 bytes.
    text.append(" ".repeat((8 - text.toString().getBytes(UTF_8).length % 8) % 8));
    byte[] bytes = text.toString().getBytes(UTF_8);
    return ByteBuffer.allocate(8 + bytes.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(bytes.length)
        .put(bytes)
        .flip();
  }

  private static String metadata(String key, Object value) throws IOException {
    String json = CheckpointFile.JSON.writeValueAsString(value);
    return ",\"%s\":%s".formatted(key, CheckpointFile.JSON.writeValueAsString(json));
  }

  private static void put(FileChannel channel, MessageDigest digest, float[] values)
      throws IOException {
    int size = (int) Math.min(CHUNK, 4L * values.length);
    ByteBuffer chunk = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.length; from += CHUNK / 4) {
      int count = Math.min(CHUNK / 4, values.length - from);
      chunk.clear().limit(4 * count);
      chunk.asFloatBuffer().put(values, from, count);
      put(channel, digest, chunk);
    }
  }

  private static void put(FileChannel channel, MessageDigest digest, ByteBuffer bytes)
      throws IOException {
    digest.update(bytes.duplicate());
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * Reads all of a file and compares its hash.
   *
   * @return its header's JSON
   */
  static byte[] verified(Path file, FileChannel channel) throws IOException {
    String start =
        UTF_8
            .decode(
                readFully(file, channel, ByteBuffer.allocate(HASH_AT + NO_HASH.length()), 0)
                    .position(8))
            .toString();
    if (!start.startsWith(BEFORE_VERSION)) {
      throw broken(file, "is none: it does not begin as one");
    }
    if (!start.startsWith(BEFORE_HASH)) {
      throw broken(
          file,
          "has the format version %s, this espalier reads %d: run a newer one"
              .formatted(
                  start.substring(BEFORE_VERSION.length()).replaceFirst("\".*", ""), VERSION));
    }
    String written = start.substring(BEFORE_HASH.length());
    String found = hash(file, channel);
    if (!found.equals(written)) {
      throw broken(
          file,
          "is damaged or cut short: the SHA-256 of its %d bytes is %.12s, written in it is %.12s"
              .formatted(channel.size(), found, written));
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    long bytes = readFully(file, channel, length, 0).getLong();
    if (bytes > channel.size() - 8) {
      throw broken(file, "claims a header of %d bytes".formatted(bytes));
    }
    return readFully(file, channel, ByteBuffer.allocate(Math.toIntExact(bytes)), 8).array();
  }

  private static String hash(Path file, FileChannel channel) throws IOException {
    MessageDigest digest = Fingerprint.sha256();
    long size = channel.size();
    for (long at = 0; at < size; at += CHUNK) {
      int count = (int) Math.min(CHUNK, size - at);
      ByteBuffer chunk = readFully(file, channel, ByteBuffer.allocate(count), at);
      if (at == 0) {
        chunk.put(HASH_AT, NO_HASH.getBytes(UTF_8));
      }
      digest.update(chunk);
    }
    return hex(digest);
  }
}
