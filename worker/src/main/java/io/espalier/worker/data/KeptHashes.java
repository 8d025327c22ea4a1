package io.espalier.worker.data;

import io.espalier.worker.cache.UserCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The hash of files, kept for as long as the file system says that they are the same: so that not
 * every process that starts reads gigabytes of weights.
 */
final class KeptHashes {
  /** What was changed as shortly before may change again without another time. */
  private static final Duration SETTLED = Duration.ofSeconds(10);

  private static final String VIEW = "unix";

  private final UserCache cache;
  private final Clock clock;

  KeptHashes(UserCache cache, Clock clock) {
    this.cache = cache;
    this.clock = clock;
  }

  static KeptHashes ofUser() {
    return new KeptHashes(UserCache.of("hashes"), Clock.systemUTC());
  }

  /** Reads all of the files. */
  @FunctionalInterface
  interface Hashing {
    String sha256() throws IOException;
  }

  /**
   * What the file system says of a file.
   *
   * @param changed its contents or its place, which no program can set
   */
  private record Identity(long device, long inode, long size, Instant changed) {}

  /** What a file of the cache holds. */
  private record Kept(List<Identity> files, String sha256) {}

  /** The hash of these files, read only if they may have changed since it was kept. */
  String sha256(List<Path> files, Hashing hashing) throws IOException {
    if (cache.keepsNothing() || !understands(files)) {
      return hashing.sha256();
    }
    Instant now = clock.instant();
    List<Identity> identities = identities(files);
    String name = files.stream().map(Path::toAbsolutePath).toList().toString();
    Optional<Kept> earlier = cache.read(name, Kept.class);
    if (earlier.filter(kept -> kept.files().equals(identities)).isPresent()) {
      return earlier.get().sha256();
    }
    String sha256 = hashing.sha256();
    boolean settled =
        identities.stream().allMatch(one -> one.changed().isBefore(now.minus(SETTLED)));
    if (settled && identities(files).equals(identities)) {
      cache.write(name, new Kept(identities, sha256));
    }
    return sha256;
  }

  private static List<Identity> identities(List<Path> files) throws IOException {
    var identities = new ArrayList<Identity>();
    for (Path file : files) {
      identities.add(
          new Identity(
              ((Number) Files.getAttribute(file, VIEW + ":dev")).longValue(),
              ((Number) Files.getAttribute(file, VIEW + ":ino")).longValue(),
              Files.size(file),
              ((FileTime) Files.getAttribute(file, VIEW + ":ctime")).toInstant()));
    }
    return identities;
  }

  private static boolean understands(List<Path> files) {
    return files.stream()
        .allMatch(file -> file.getFileSystem().supportedFileAttributeViews().contains(VIEW));
  }
}
