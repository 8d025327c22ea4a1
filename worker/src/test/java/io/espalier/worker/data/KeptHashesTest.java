package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.cache.UserCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptHashesTest {
  @TempDir Path folder;
  private int hashed;

  /** Of two files, by a process so long after they were written. */
  private String sha256(Duration later) throws IOException {
    return hashes(Optional.of(folder.resolve("cache")), later)
        .sha256(List.of(folder.resolve("a"), folder.resolve("b")), () -> "hash " + ++hashed);
  }

  private static KeptHashes hashes(Optional<Path> cache, Duration later) {
    return new KeptHashes(
        new UserCache(cache), Clock.fixed(Instant.now().plus(later), ZoneOffset.UTC));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  @Test
  void files_are_read_again_only_when_one_has_changed() throws IOException {
    write("a", "1");
    write("b", "2");

    assertThat(sha256(Duration.ofHours(1))).isEqualTo("hash 1");
    assertThat(sha256(Duration.ofHours(2))).isEqualTo("hash 1");
    FileTime before = Files.getLastModifiedTime(folder.resolve("b"));
    write("b", "3");
    Files.setLastModifiedTime(folder.resolve("b"), before);
    assertThat(sha256(Duration.ofHours(1))).isEqualTo("hash 2");
    write("c", "3");
    Files.move(folder.resolve("c"), folder.resolve("b"), StandardCopyOption.REPLACE_EXISTING);
    assertThat(sha256(Duration.ofHours(1))).isEqualTo("hash 3");
    assertThat(sha256(Duration.ofHours(1))).isEqualTo("hash 3");
  }

  @Test
  void files_that_were_just_written_may_still_be_written_to() throws IOException {
    write("a", "1");
    write("b", "2");

    assertThat(sha256(Duration.ZERO)).isEqualTo("hash 1");
    assertThat(sha256(Duration.ofHours(1))).isEqualTo("hash 2");
  }

  @Test
  void nothing_is_kept_without_a_place_for_it() throws IOException {
    write("a", "1");
    KeptHashes none = hashes(Optional.empty(), Duration.ofHours(1));

    assertThat(none.sha256(List.of(folder.resolve("a")), () -> "first")).isEqualTo("first");
    assertThat(none.sha256(List.of(folder.resolve("a")), () -> "second")).isEqualTo("second");
  }
}
