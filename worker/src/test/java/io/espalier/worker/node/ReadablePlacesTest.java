package io.espalier.worker.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.common.AbsentHere;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadablePlacesTest {
  @TempDir Path directory;
  private Path root;
  private Path secret;

  @BeforeEach
  void files() throws IOException {
    root = Files.createDirectories(directory.resolve("data"));
    Files.writeString(root.resolve("rows.jsonl"), "{}");
    secret = Files.writeString(directory.resolve("secret"), "s");
  }

  @Test
  void what_is_below_a_root_or_the_store_may_be_read() throws IOException {
    ReadablePlaces places = ReadablePlaces.within(List.of(root));
    places.check(root.resolve("rows.jsonl"));
    places.check(root.resolve("not/there"));
    Path store = Files.createDirectories(directory.resolve("store"));
    assertThatThrownBy(() -> places.check(store.resolve("files/ab")))
        .isInstanceOf(AbsentHere.class);
    places.storeIs(store);
    places.check(store.resolve("files/ab"));
  }

  @Test
  void nothing_else_is_neither_by_dots_nor_by_links() throws IOException {
    ReadablePlaces places = ReadablePlaces.within(List.of(root));
    Path link = Files.createSymbolicLink(root.resolve("link"), secret);
    Path folder = Files.createSymbolicLink(root.resolve("up"), directory);
    for (Path path :
        List.of(
            secret,
            root.resolve("../secret"),
            link,
            folder.resolve("secret"),
            directory.resolve("database"))) {
      assertThatThrownBy(() -> places.check(path))
          .isInstanceOf(AbsentHere.class)
          .hasMessageContaining(path.toString())
          .hasMessageContaining("--data-root");
    }
    assertThatCode(() -> ReadablePlaces.anywhere().check(secret)).doesNotThrowAnyException();
  }

  @Test
  void a_root_may_be_a_link() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("mounted"), root);
    ReadablePlaces.within(List.of(link)).check(link.resolve("rows.jsonl"));
    ReadablePlaces.within(List.of(link)).check(root.resolve("rows.jsonl"));
  }
}
