package io.espalier.worker.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserCacheTest {
  private record Fact(int number) {}

  @TempDir Path folder;

  @Test
  void who_finds_out_the_same_at_the_same_time_leaves_one_whole_file() {
    Path place = folder.resolve("facts");

    IntStream.range(0, 200)
        .parallel()
        .forEach(i -> new UserCache(Optional.of(place)).write("name", new Fact(7)));

    assertThat(new UserCache(Optional.of(place)).read("name", Fact.class)).contains(new Fact(7));
    assertThat(place.toFile().list()).hasSize(1);
  }
}
