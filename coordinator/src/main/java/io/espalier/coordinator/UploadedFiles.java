package io.espalier.coordinator;

import io.espalier.coordinator.api.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Contents that were uploaded, each under its SHA-256 in {@code <store>/files}. A file that is
 * there is whole: it is written under another name, forced to the disk and renamed.
 */
record UploadedFiles(Path directory) {
  private static final String SHA_256 = "[0-9a-f]{64}";

  static UploadedFiles in(Path store) {
    return new UploadedFiles(store.resolve("files"));
  }

  /** Where the content is, or would be. */
  Path path(String sha256) {
    if (!sha256.matches(SHA_256)) {
      throw new Refused(
          Refused.Reason.INVALID,
          "'%s' is no SHA-256; expected 64 digits 0-9a-f, as sha256sum prints them"
              .formatted(sha256.length() > 80 ? sha256.substring(0, 80) + "…" : sha256));
    }
    return directory.resolve(sha256);
  }

  boolean has(String sha256) {
    return Files.isRegularFile(path(sha256));
  }

  /**
   * Where the content is that a specification names.
   *
   * @throws Refused when it was not uploaded
   */
  Path expect(String name, String sha256) {
    if (!has(sha256)) {
      throw new Refused(
          Refused.Reason.INCOMPLETE,
          "The content of %s is not here; upload it with PUT /api/v1/files/%s and submit again."
              .formatted(name, sha256));
    }
    return path(sha256);
  }

  /**
   * Deletes what nobody needs; how many bytes that were. Blocks.
   *
   * @param needed by SHA-256
   * @param before what came later may be of a sweep that is being submitted
   */
  long deleteAllBut(Set<String> needed, Instant before) throws IOException {
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    long bytes = 0;
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        boolean stays =
            needed.contains(file.getFileName().toString())
                || Files.getLastModifiedTime(file).toInstant().isAfter(before);
        if (!stays) {
          bytes += Files.size(file);
          Files.deleteIfExists(file);
        }
      }
    }
    return bytes;
  }

  /**
   * Keeps content; blocks.
   *
   * @param bytes read to its end and closed
   * @return whether it is new
   * @throws Refused when it has another SHA-256
   * @throws IOException when {@code bytes} or the disk fails; nothing is kept then
   */
  boolean keep(String sha256, InputStream bytes) throws IOException {
    Path kept = path(sha256);
    Files.createDirectories(directory);
    Path fresh = directory.resolve("%s.%s.new".formatted(sha256, UUID.randomUUID()));
    try (bytes) {
      String found = write(bytes, fresh);
      if (!found.equals(sha256)) {
        throw new Refused(
            Refused.Reason.INVALID,
            "The content has the SHA-256 %s, not %s; it was changed on its way or while it was read. Upload it again."
                .formatted(found, sha256));
      }
      boolean isNew = !Files.isRegularFile(kept);
      Files.move(fresh, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (var names = FileChannel.open(directory, StandardOpenOption.READ)) {
        names.force(true);
      }
      return isNew;
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static String write(InputStream bytes, Path file) throws IOException {
    MessageDigest digest = digest();
    try (var channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        var hashed = new DigestInputStream(bytes, digest)) {
      hashed.transferTo(Channels.newOutputStream(channel));
      channel.force(true);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
